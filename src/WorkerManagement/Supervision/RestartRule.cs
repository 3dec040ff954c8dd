using System.Collections.Immutable;
using WorkerManagement.Lifecycles;

namespace WorkerManagement.Supervision;

/// <summary>How soon a failed worker is tried again, or that it is not. Pure.</summary>
internal static class RestartRule
{
    public readonly record struct Verdict(bool GiveUp, TimeSpan Pause, int Failures, ImmutableQueue<DateTimeOffset> Window, ulong Seed);

    /// <summary>Decides after a run that ended by itself.</summary>
    public static Verdict Next(Lifecycle now, WorkerSpec spec, DateTimeOffset at)
    {
        var window = now.Window;
        // A clock that was set back makes restarts of the future of those before: they say nothing about how often it fails now.
        while (!window.IsEmpty && (at < window.Peek() || at - window.Peek() > spec.Intensity.Within))
        {
            window = window.Dequeue();
        }

        window = window.Enqueue(at);
        var healthy = now.StartedAt is { } started && spec.Backoff.ResetAfter > TimeSpan.Zero && at - started >= spec.Backoff.ResetAfter;
        var failures = healthy ? 0 : now.Failures;
        var seed = now.Seed + 0x9E3779B97F4A7C15;
        return window.Count() > spec.Intensity.Restarts
            ? new(true, TimeSpan.Zero, failures, window, seed)
            : new(false, Pause(spec.Backoff, failures, Mix(seed)), failures + 1, window, seed);
    }

    /// <summary>Doubling from initial to maximum; the upper half of it is random, so that workers that fell together do not return together.</summary>
    public static TimeSpan Pause(Backoff backoff, int failures, ulong random)
    {
        var full = Math.Min(backoff.Maximum.TotalMilliseconds, backoff.Initial.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 40)));
        return TimeSpan.FromMilliseconds((full / 2) + (full / 2 * (random >> 11) / (1UL << 53)));
    }

    // splitmix64, Steele et al. 2014.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
