using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WorkerManagement.Bench;

/// <summary>Findings as a table for people and as JSON for scripts.</summary>
internal static class Table
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    internal static string Text(IReadOnlyList<Finding> findings)
    {
        var text = new StringBuilder().AppendLine(Machine.Describe()).AppendLine()
            .AppendLine("| scenario | containment | product: median (min..max) | limit, or undisturbed | ratio | target | verdict |")
            .AppendLine("|---|---|---|---|---|---|---|");
        foreach (var found in findings)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {found.Scenario}: {found.What} | {found.Containment} | {Figures(found.Product)} {found.Unit} | {(found.Limit is { } limit ? Figures(limit) + " " + found.Unit : "-")} | {Ratio(found)} | {found.Target} | {Verdict(found)} |");
        }

        foreach (var found in findings.Where(found => found.Note.Length > 0))
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"{found.Scenario}, {found.Containment}: {found.What}: {found.Note}");
        }

        return text.AppendLine().ToString();
    }

    internal static string Line(Finding found) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Verdict(found),-6} {found.Scenario} [{found.Containment}] {found.What}: {Figures(found.Product)} {found.Unit}{(found.Limit is { } limit ? $", limit {Figures(limit)}" : "")}{(found.Ratio is null ? "" : ", " + Ratio(found))} {found.Target}");

    internal static string Json(IReadOnlyList<Finding> findings) => new JsonObject
    {
        ["machine"] = Machine.Describe(),
        ["findings"] = new JsonArray([.. findings.Select(found => new JsonObject
        {
            ["scenario"] = found.Scenario,
            ["what"] = found.What,
            ["containment"] = found.Containment,
            ["unit"] = found.Unit,
            ["product"] = Numbers(found.Product),
            ["limit"] = found.Limit is { } limit ? Numbers(limit) : null,
            ["ratio"] = found.Ratio,
            ["target"] = found.Target,
            ["holds"] = found.Holds,
            ["note"] = found.Note,
        })]),
    }.ToJsonString(Indented) + Environment.NewLine;

    private static JsonObject Numbers(Samples samples) => new()
    {
        ["median"] = samples.Median,
        ["p99"] = samples.Percentile(0.99),
        ["minimum"] = samples.Minimum,
        ["maximum"] = samples.Maximum,
        ["count"] = samples.Sorted.Count,
    };

    private static string Figures(Samples samples) => samples.Sorted.Count == 1
        ? $"**{Short(samples.Median)}**"
        : $"**{Short(samples.Median)}** ({Short(samples.Minimum)}..{Short(samples.Maximum)})";

    private static string Short(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 0.1 or 0 => value.ToString("0.##", CultureInfo.InvariantCulture),
        _ => value.ToString("0.####", CultureInfo.InvariantCulture),
    };

    private static string Ratio(Finding found) => found.Ratio is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) + "×" : "-";

    private static string Verdict(Finding found) => found.Holds switch { true => "ok", false => "MISSED", null => "" };
}
