using System.Text.Json;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Hosting.Tests;

/// <summary>The published schema names exactly the keys that the reader knows.</summary>
public sealed class SchemaTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Theory]
    [InlineData("", "{ zzzzzzzzzzzzzzzzzzzz: x }")]
    [InlineData("journal", "journal: { zzzzzzzzzzzzzzzzzzzz: x }")]
    [InlineData("all_logs", "logs: { zzzzzzzzzzzzzzzzzzzz: x }")]
    [InlineData("worker", "workers: { a: { command: [x], zzzzzzzzzzzzzzzzzzzz: x } }")]
    [InlineData("intensity", "workers: { a: { command: [x], intensity: { zzzzzzzzzzzzzzzzzzzz: x } } }")]
    [InlineData("backoff", "workers: { a: { command: [x], backoff: { zzzzzzzzzzzzzzzzzzzz: x } } }")]
    [InlineData("step", "workers: { a: { command: [x], stop: [{ zzzzzzzzzzzzzzzzzzzz: x }] } }")]
    [InlineData("ready", "workers: { a: { command: [x], ready: { notify: true, zzzzzzzzzzzzzzzzzzzz: x } } }")]
    [InlineData("logs", "workers: { a: { command: [x], logs: { zzzzzzzzzzzzzzzzzzzz: x } } }")]
    public void The_schema_names_exactly_the_keys_that_the_reader_knows(string part, string probe)
    {
        File.WriteAllText(_file, probe);
        var known = Should.Throw<WorkerManagementException>(() => WorkersFile.Load(_file, new())).Message.Split("known are: ")[1].Split(", ");
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "workers.schema.json")));
        var section = part.Length == 0 ? schema.RootElement : schema.RootElement.GetProperty("$defs").GetProperty(part);
        section.GetProperty("additionalProperties").GetBoolean().ShouldBeFalse();
        section.GetProperty("properties").EnumerateObject().Select(property => property.Name).ShouldBe(known, ignoreOrder: true);
    }

    public void Dispose() => File.Delete(_file);
}
