using System.Globalization;
using WorkerManagement.Cli.Output;

namespace WorkerManagement.Cli.Top;

/// <summary>What <c>top</c> draws. Pure: rows and a size in, lines out.</summary>
internal static class TopScreen
{
    private const string Keys = "up/down choose  s start  x stop  r restart  l logs  q quit";

    // Name, state, pid, processes, processor, memory, restarts, uptime, last line.
    private static readonly string[] Head = ["NAME", "STATE", "PID", "PROC", "CPU%", "MEMORY", "RESTARTS", "UP", "LAST LINE"];

    // What a narrow terminal does without: processes, restarts, pid, uptime.
    private static readonly int[] Dispensable = [3, 6, 2, 7];

    /// <summary>The lines of the table alone, for a pipe.</summary>
    public static IEnumerable<string> Table(IReadOnlyList<TopRow> rows, bool headers, Screen screen) => Output.Table.Lines(headers ? Head : null, [.. rows.Select(Cells)], screen, Dispensable);

    /// <summary>How many rows fit under the head and above the foot.</summary>
    public static int RowsFor(int height) => Math.Max(1, height - 4);

    /// <summary>The whole screen.</summary>
    /// <param name="rows">All workers.</param>
    /// <param name="chosen">Which is chosen.</param>
    /// <param name="first">Which stands first.</param>
    /// <param name="foot">What is to be said below; the keys when it is empty.</param>
    /// <param name="screen">Width and colours.</param>
    /// <param name="height">Lines.</param>
    public static List<string> Whole(IReadOnlyList<TopRow> rows, int chosen, int first, string foot, Screen screen, int height)
    {
        var width = screen.Width ?? 80;
        var up = rows.Count(row => row.State == "Running");
        var title = string.Create(CultureInfo.InvariantCulture, $"{rows.Count} workers, {up} running, {rows.Count(row => row.State == "GaveUp")} given up   CPU {rows.Sum(row => row.CpuPercent ?? 0):0} %   memory {Bytes(rows.Sum(row => row.MemoryBytes))}");
        var table = Table([.. rows.Skip(first).Take(RowsFor(height))], headers: true, screen with { Width = width - 2 }).ToList();
        var lines = new List<string> { Cut(title, width) };
        lines.AddRange(table.Index().Select(line => (line.Index == chosen - first + 1 ? "> " : "  ") + line.Item));
        while (lines.Count < height - 1)
        {
            lines.Add("");
        }

        lines.Add(Cut(foot.Length > 0 ? Output.Table.Printable(foot) : Keys, width));
        return lines;
    }

    /// <summary>Bytes for people.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        > 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0} kB"),
        _ => "-",
    };

    /// <summary>A time for people: its two largest units.</summary>
    public static string Uptime(double? seconds) => seconds is not { } value ? "-" : TimeSpan.FromSeconds(value) switch
    {
        { TotalDays: >= 1 } time => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays}d{time.Hours}h"),
        { TotalHours: >= 1 } time => string.Create(CultureInfo.InvariantCulture, $"{time.Hours}h{time.Minutes}m"),
        { TotalMinutes: >= 1 } time => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}m{time.Seconds}s"),
        var time => string.Create(CultureInfo.InvariantCulture, $"{time.Seconds}s"),
    };

    /// <summary>As much of it as fits.</summary>
    public static string Cut(string text, int width) => text.Length <= width ? text : text[..width];

    private static Cell[] Cells(TopRow row) =>
    [
        row.Name,
        new(row.State, row.State switch { "Running" when row.Ready => Tone.Good, "GaveUp" => Tone.Bad, "Stopped" => Tone.Dim, _ => Tone.Warn }),
        row.Pid?.ToString(CultureInfo.InvariantCulture) ?? "-",
        row.Members == 0 ? "-" : row.Members.ToString(CultureInfo.InvariantCulture),
        row.CpuPercent?.ToString("0.0", CultureInfo.InvariantCulture) ?? "-",
        Bytes(row.MemoryBytes),
        row.Restarts.ToString(CultureInfo.InvariantCulture),
        Uptime(row.UptimeSeconds),
        row.LastLine.Length > 0 || row.State == "Running" ? row.LastLine : row.Why,
    ];
}
