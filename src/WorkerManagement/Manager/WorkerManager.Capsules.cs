using System.Globalization;
using WorkerManagement.Capsules;
using WorkerManagement.Guarding;
using WorkerManagement.Lifecycles;
using WorkerManagement.Registry;
using WorkerManagement.Specs;

namespace WorkerManagement;

/// <content>Crash capsules: what is kept of an end that nobody asked for and that is a failure.</content>
public sealed partial class WorkerManager
{
    private const int LongestTimeline = 32;

    private CapsuleWriter? _capsules;
    private volatile IReadOnlyDictionary<string, string>? _limits;
    private volatile bool _learning;

    private void BeginCapsules(string stateDirectory, string logDirectory) =>
        _capsules ??= new(new(stateDirectory), logDirectory, Options.Capsules, _time, (worker, why) => Post(() =>
            AddIncident("capsule_failure", worker, $"no crash capsule could be written of an end of worker '{worker}': {why}")));

    // The limits are the guard's, the same for all: asked of one worker at a time, until one lives long enough to answer.
    private void LearnLimits(int pid)
    {
        if (_limits is null && !_learning && Options.Capsules > 0)
        {
            _learning = true;
            Begin(() =>
            {
                _limits = LimitsOf(pid);
                _learning = false;
                return Task.CompletedTask;
            });
        }
    }

    private static Dictionary<string, string>? LimitsOf(int pid)
    {
        const int NameWidth = 26;
        try
        {
            // The limit of file locks is the tag that the worker is found by, no limit.
            var lines = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/limits")).Skip(1).Where(line => line.Length > NameWidth && !line.StartsWith("Max file locks", StringComparison.Ordinal)).ToArray();
            return lines.Length == 0 ? null : lines.ToDictionary(line => line[..NameWidth].TrimEnd(), line => string.Join(' ', line[NameWidth..].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended already, or is another user's by now; the next one is asked.
            return null;
        }
    }

    private static bool IsAbnormal(ManagedEntry entry) =>
        entry is { Stop: null, Life: { Desired: DesiredState.Up, RestartWhenSettled: false } life } && (life.Failing || life.Exit is not { IsSuccess: true });

    private static void Remember(Entry entry)
    {
        if (entry is ManagedEntry managed)
        {
            managed.Timeline.Enqueue(new(entry.Status.Since, entry.Status.State, entry.Status.Why));
            if (managed.Timeline.Count > LongestTimeline)
            {
                managed.Timeline.Dequeue();
            }
        }
    }

    // After the decision what follows, which belongs to it.
    private void Keep(ManagedEntry entry, Lifecycle ended, GuardEvent.Settled told) => _capsules?.Add(new(
        new()
        {
            Id = CapsuleStore.IdOf(entry.Name, told.Incarnation),
            Worker = entry.Name,
            Type = entry.Type,
            Incarnation = told.Incarnation,
            Pid = entry.Leader?.Pid,
            StartedAt = ended.StartedAt,
            Exit = entry.Exit ?? new() { Lost = "nobody saw how it ended", At = Now },
            Why = ended.Why,
            MembersKilled = told.MembersKilled,
            Then = new(entry.Life.Since, entry.Life.State, entry.Life.Why),
            Restarts = ended.Restarts,
            Command = entry.Arguments,
            Directory = entry.Directory,
            Limits = _limits ?? new Dictionary<string, string>(),
            Containment = entry.Containment,
            Timeline = [.. entry.Timeline],
        },
        entry.OutputEnded,
        WorkerEnvironment.For(entry.Spec, told.Incarnation, null, _inherited ??= WorkerEnvironment.Inherited())));
}
