using System.Globalization;

namespace WorkerManagement.Stopping;

/// <summary>Ladders as data. Pure.</summary>
internal static class Ladders
{
    /// <summary>The ladder cut so that force begins after <paramref name="limit"/> at the latest.</summary>
    public static IReadOnlyList<LadderStep> Within(IReadOnlyList<LadderStep> ladder, TimeSpan limit)
    {
        var left = limit > TimeSpan.Zero ? limit : TimeSpan.Zero;
        var cut = new List<LadderStep>(ladder.Count);
        foreach (var step in ladder)
        {
            if (left == TimeSpan.Zero)
            {
                break;
            }

            var wait = step.Wait < left ? step.Wait : left;
            cut.Add(step with { Wait = wait });
            left -= wait;
        }

        return cut;
    }

    /// <summary>Until force begins.</summary>
    public static TimeSpan Grace(IReadOnlyList<LadderStep> ladder) => ladder.Aggregate(TimeSpan.Zero, (sum, step) => sum + step.Wait);

    /// <summary>In words, such as <c>SIGTERM 10s, SIGKILL</c>.</summary>
    public static string Describe(IReadOnlyList<LadderStep> ladder) => string.Join(
        ", ",
        ladder.Select(step => string.Create(CultureInfo.InvariantCulture, $"{(step.Signal == 0 ? "drain" : SignalName.Of(step.Signal))} {step.Wait.TotalSeconds:0.###}s")).Append("SIGKILL"));
}
