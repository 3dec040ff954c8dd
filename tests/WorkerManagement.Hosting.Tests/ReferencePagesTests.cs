using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using WorkerManagement.Hosting.Configuration;
using WorkerManagement.Journals;
using WorkerManagement.Tests;

namespace WorkerManagement.Hosting.Tests;

/// <summary>The pages of the API, the configuration and the journal say what there is. UPDATE_REFERENCE=1 with this test writes the first two anew.</summary>
public sealed partial class ReferencePagesTests
{
    [Fact]
    public void The_page_of_the_API_has_each_route_and_field_and_no_other()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Checkout.Root, "src", "WorkerManagement.Api", "openapi.json")));
        var page = new StringBuilder("\n## Routes\n\n| route | query and headers | does |\n|---|---|---|\n");
        var shared = document.RootElement.GetProperty("components").GetProperty("parameters");
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var given = operation.Value.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().Select(parameter => parameter.TryGetProperty("$ref", out var at) ? shared.GetProperty(Last(at)) : parameter) : [];
                page.Append(null, $"| `{operation.Name.ToUpperInvariant()} {path.Name}` | {string.Join(", ", given.Where(one => one.GetProperty("in").GetString() != "path").Select(one => $"`{one.GetProperty("name").GetString()}`"))} | {operation.Value.GetProperty("summary").GetString()} |\n");
            }
        }

        foreach (var schema in document.RootElement.GetProperty("components").GetProperty("schemas").EnumerateObject())
        {
            page.Append(null, $"\n## {schema.Name}\n\n{Text(schema.Value)}\n\n| field | type | means |\n|---|---|---|\n");
            Fields(page, schema.Value);
        }

        ReferencePage.Compare("api.md", page.ToString());
    }

    [Fact]
    public void The_page_of_the_configuration_has_each_key_and_no_other()
    {
        using var schema = JsonDocument.Parse(WorkersFile.Schema);
        var page = new StringBuilder("\n## Keys of the file\n\n| key | type | means |\n|---|---|---|\n");
        Fields(page, schema.RootElement);
        foreach (var part in schema.RootElement.GetProperty("$defs").EnumerateObject().Where(part => part.Value.TryGetProperty("properties", out _)))
        {
            page.Append(null, $"\n## Keys of {part.Name}\n\n| key | type | means |\n|---|---|---|\n");
            Fields(page, part.Value);
        }

        ReferencePage.Compare("configuration.md", page.ToString());
    }

    [Fact]
    public void The_defaults_of_the_schema_are_those_of_the_reader()
    {
        using var schema = JsonDocument.Parse(WorkersFile.Schema);
        var parts = schema.RootElement.GetProperty("$defs");
        string Defaults(JsonElement section) => string.Join(", ", section.GetProperty("properties").EnumerateObject().Where(key => key.Value.TryGetProperty("default", out _)).Select(key => $"{key.Name}: {key.Value.GetProperty("default")}"));
        string Part(string name) => $"{{ {Defaults(parts.GetProperty(name))} }}";
        var without = Read("workers: { a: { command: [x], ready: { notify: true } } }");
        var with = Read($"{{ {Defaults(schema.RootElement)}, journal: {Part("journal")}, logs: {Part("all_logs")}, workers: {{ a: {{ command: [x], {Defaults(parts.GetProperty("worker"))}, intensity: {Part("intensity")}, backoff: {Part("backoff")}, stop: [{Part("step")}], ready: {{ notify: true, {Defaults(parts.GetProperty("ready"))} }}, logs: {Part("logs")} }} }} }}");
        (with.ShutdownTimeout, with.Capsules, with.Containment, with.Journal, with.MaximumLogTotal).ShouldBe((without.ShutdownTimeout, without.Capsules, without.Containment, without.Journal, without.MaximumLogTotal));
        var (told, own) = (with.Workers.ShouldHaveSingleItem(), without.Workers.ShouldHaveSingleItem());
        (told.Restart, told.Intensity, told.Backoff, told.Ready, told.Logs).ShouldBe((own.Restart, own.Intensity, own.Backoff, own.Ready, own.Logs));
        told.Stop.ShouldBe(own.Stop);
    }

    [Fact]
    public void The_page_of_the_journal_has_each_kind_and_member_and_no_other()
    {
        var page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "journal.md"));
        var source = string.Concat(Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src", "WorkerManagement"), "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var (records, incidents) = (Section(page, "## Records"), Section(page, "## Incidents"));
        Rows(records).Select(cells => cells[0]).ShouldBe(Kinds().Matches(source).Select(match => match.Groups[1].Value).Distinct(), ignoreOrder: true);
        Rows(incidents).Select(cells => cells[0]).ShouldBe(IncidentKinds().Matches(source).Select(match => match.Groups[1].Value).Distinct(), ignoreOrder: true);
        Rows(records).SelectMany(cells => cells[1].Split(", ", StringSplitOptions.RemoveEmptyEntries)).Distinct().Concat(["seq", "at", "kind"])
            .ShouldBe(JsonSerializerOptions.Default.GetTypeInfo(typeof(JournalRecord)).Properties.Where(property => property.Get is not null).Select(property => property.Name), ignoreOrder: true);
    }

    private static WorkerManagerOptions Read(string text)
    {
        var options = new WorkerManagerOptions();
        WorkersFile.Parse(text, "defaults", "/", options);
        return options;
    }

    private static void Fields(StringBuilder page, JsonElement section)
    {
        foreach (var key in section.TryGetProperty("properties", out var properties) ? properties.EnumerateObject().ToArray() : [])
        {
            page.Append(null, $"| `{key.Name}` | {TypeOf(key.Value)} | {Text(key.Value)}{(key.Value.TryGetProperty("default", out var value) ? $" `{value}` unless given." : "")} |\n");
        }
    }

    private static string TypeOf(JsonElement key) => key.TryGetProperty("$ref", out var at) ? Last(at)
        : key.TryGetProperty("enum", out var words) ? string.Join(", ", words.EnumerateArray().Select(word => $"`{word}`"))
        : key.TryGetProperty("anyOf", out var several) || key.TryGetProperty("oneOf", out several) ? string.Join(" or ", several.EnumerateArray().Select(TypeOf))
        : !key.TryGetProperty("type", out var type) ? "any"
        : type.ValueKind == JsonValueKind.Array ? string.Join(" or ", type.EnumerateArray().Select(word => word.GetString()))
        : type.GetString() == "array" && key.TryGetProperty("items", out var items) ? $"list of {TypeOf(items)}"
        : type.GetString() == "object" && key.TryGetProperty("additionalProperties", out var each) && each.ValueKind == JsonValueKind.Object ? $"map of {TypeOf(each)}"
        : type.GetString()!;

    private static string Text(JsonElement element) => element.TryGetProperty("description", out var text) ? text.GetString()!.Replace("|", "\\|", StringComparison.Ordinal) : "";

    private static string Last(JsonElement reference) => reference.GetString()!.Split('/')[^1];

    private static string Section(string page, string title) => page[page.IndexOf(title, StringComparison.Ordinal)..].Split("\n## ")[0];

    private static IEnumerable<string[]> Rows(string section) => section.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Trim('|', ' ').Split('|').Select(cell => cell.Replace("`", "", StringComparison.Ordinal).Trim()).ToArray());

    [GeneratedRegex("Kind = \"([a-z]+)\"")]
    private static partial Regex Kinds();

    [GeneratedRegex("(?:AddIncident|Report|Tell)\\(\"([a-z_]+)\"")]
    private static partial Regex IncidentKinds();
}
