using System.Buffers;
using System.Globalization;
using System.Text;

namespace WorkerManagement.Capsules;

/// <summary>A capsule for people.</summary>
internal static class CapsuleText
{
    private static readonly SearchValues<char> NeedsNoQuotes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-");

    public static string Of(CrashCapsule capsule)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{capsule.Worker}, run {capsule.Incarnation}: {capsule.How} at {Time(capsule.Exit.At)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  why       {capsule.Why}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  then      {capsule.Then.State}: {capsule.Then.Why}");
        if (capsule.StartedAt is { } started)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  ran       {(capsule.Exit.At - started).TotalSeconds:0.###} s, since {Time(started)}, as process {capsule.Pid}");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"  used      {capsule.Exit.UserTime.TotalSeconds:0.00} s user, {capsule.Exit.SystemTime.TotalSeconds:0.00} s system, {capsule.Exit.PeakMemoryBytes / 1e6:0.0} MB at most");
        text.AppendLine(CultureInfo.InvariantCulture, $"  members   {capsule.MembersKilled} left behind and killed; contained by {capsule.Containment}; {capsule.Restarts} restarts before this end was dealt with");
        text.AppendLine(CultureInfo.InvariantCulture, $"  command   {string.Join(' ', capsule.Command.Select(Quoted))}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  directory {capsule.Directory}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  names in its environment (no values): {string.Join(' ', capsule.EnvironmentNames)}");
        text.AppendLine("  limits at its start");
        foreach (var (name, limit) in capsule.Limits)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"    {name}: {limit}");
        }

        text.AppendLine("  timeline");
        foreach (var moment in capsule.Timeline)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"    {Time(moment.At)}  {moment.State}: {moment.Why}");
        }

        text.AppendLine(capsule.Output.Count == 0 ? "  it wrote nothing" : string.Create(CultureInfo.InvariantCulture, $"  its last output ({capsule.Output.Count} lines)"));
        foreach (var line in capsule.Output)
        {
            text.Append("    ").AppendLine(Plain(line));
        }

        return text.ToString();
    }

    private static string Plain(string line) => ForTerminal.Plain(line, tab: '\t');

    // As a shell takes it again.
    private static string Quoted(string argument) =>
        argument.Length > 0 && !argument.AsSpan().ContainsAnyExcept(NeedsNoQuotes) ? argument : $"'{Plain(argument).Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string Time(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
