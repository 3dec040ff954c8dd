using System.Globalization;
using System.Text.Json;
using WorkerManagement.Logs;

namespace WorkerManagement.Cli;

/// <summary><c>workers why</c>: how a worker came to be as it is, in sentences: the first question at three in the morning.</summary>
internal static class WhyVerb
{
    private const int LastLines = 10, LastIncidents = 5;

    public static async Task<int> RunAsync(Invocation call, string name, CancellationToken cancellationToken)
    {
        using var client = new ManagerClient(call.StateDirectory);
        using var answer = await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false);
        var worker = answer.RootElement.GetProperty("workers").EnumerateArray().FirstOrDefault(worker => worker.GetProperty("name").GetString() == name);
        if (worker.ValueKind is JsonValueKind.Undefined)
        {
            return call.Fail($"there is no worker '{name}'; 'workers status' lists them");
        }

        var incidents = answer.RootElement.GetProperty("incidents").EnumerateArray()
            .Where(incident => incident.GetProperty("worker").GetString() == name).TakeLast(LastIncidents).ToArray();
        var output = await OutputAsync(Path.Combine(answer.RootElement.GetProperty("manager").GetProperty("state_directory").GetString()!, "logs"), name, cancellationToken).ConfigureAwait(false);
        return call.Json
            ? call.PrintValue(writer =>
            {
                writer.WritePropertyName("worker");
                worker.WriteTo(writer);
                writer.WriteStartArray("incidents");
                Array.ForEach(incidents, incident => incident.WriteTo(writer));
                writer.WriteEndArray();
                writer.WriteStartArray("last_output");
                Array.ForEach(output, writer.WriteStringValue);
                writer.WriteEndArray();
            })
            : call.Say(string.Join('\n', Told(name, worker, incidents, output)));
    }

    private static IEnumerable<string> Told(string name, JsonElement worker, JsonElement[] incidents, string[] output)
    {
        var state = worker.GetProperty("state").GetString();
        yield return $"{name} is {state} since {Time(worker.GetProperty("since"))}: {worker.GetProperty("why").GetString()}";
        if (worker.GetProperty("alive").GetBoolean())
        {
            yield return $"  it runs as process {worker.GetProperty("pid")}, {(worker.GetProperty("ready").GetBoolean() ? "ready" : "not ready")}";
        }

        if (worker.GetProperty("exit") is { ValueKind: JsonValueKind.Object } exit)
        {
            yield return $"  its last end: {How(exit)} at {Time(exit.GetProperty("at"))}; "
                + string.Create(CultureInfo.InvariantCulture, $"{exit.GetProperty("user_seconds").GetDouble():0.00} s user, {exit.GetProperty("system_seconds").GetDouble():0.00} s system, {exit.GetProperty("peak_memory_bytes").GetInt64() / 1e6:0.0} MB at most");
        }

        if (worker.GetProperty("restarts").GetInt32() is > 0 and var restarts)
        {
            yield return $"  restarted {restarts} times by the manager";
        }

        foreach (var incident in incidents)
        {
            yield return $"  {Time(incident.GetProperty("at"))}  {incident.GetProperty("kind").GetString()}: {incident.GetProperty("reason").GetString()}";
        }

        if (output.Length > 0)
        {
            yield return "  its last output:";
            foreach (var line in output)
            {
                yield return $"    {line}";
            }
        }

        if (state == nameof(WorkerState.GaveUp))
        {
            yield return $"  'workers start {name}' tries again; 'workers logs {name} -n 1000' shows more";
        }
    }

    private static string How(JsonElement exit) =>
        exit.GetProperty("code") is { ValueKind: JsonValueKind.Number } code ? $"exit code {code}"
        : exit.GetProperty("signal").GetString() is { } signal ? $"{signal}{(exit.GetProperty("core").GetBoolean() ? ", with a core" : "")}"
        : exit.GetProperty("lost").GetString() ?? "unknown";

    private static string Time(JsonElement seconds) =>
        DateTimeOffset.UnixEpoch.AddSeconds(seconds.GetDouble()).ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    // What a worker wrote goes to a terminal here: without its control characters.
    private static async Task<string[]> OutputAsync(string logs, string name, CancellationToken cancellationToken) =>
        [.. (await new WorkerLog(logs, name).LastLinesAsync(LastLines, cancellationToken).ConfigureAwait(false)).Select(line => new string([.. line.Select(character => char.IsControl(character) ? '\uFFFD' : character)]))];
}
