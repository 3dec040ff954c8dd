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

    /// <summary>
    /// What a wave may use of the time that is left, when later waves want theirs too: all that they do not need, or its proportion
    /// when there is not enough for everybody.
    /// </summary>
    public static TimeSpan Share(TimeSpan left, TimeSpan own, TimeSpan later) =>
        left <= TimeSpan.Zero ? TimeSpan.Zero
        : own + later <= left || own + later == TimeSpan.Zero ? left - later
        : left * (own / (own + later));

    /// <summary>Until force begins.</summary>
    public static TimeSpan Grace(IReadOnlyList<LadderStep> ladder) => ladder.Aggregate(TimeSpan.Zero, (sum, step) => sum + step.Wait);

    /// <summary>In words, such as <c>SIGTERM 10s, SIGKILL</c>.</summary>
    public static string Describe(IReadOnlyList<LadderStep> ladder) => string.Join(
        ", ",
        ladder.Select(step => string.Create(CultureInfo.InvariantCulture, $"{(step.Signal == 0 ? "drain" : SignalName.Of(step.Signal))} {step.Wait.TotalSeconds:0.###}s")).Append("SIGKILL"));
}
