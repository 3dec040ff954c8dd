using System.Globalization;
using System.Text.Json;
using WorkerManagement.Capsules;
using WorkerManagement.Journals;
using WorkerManagement.Logs;
using WorkerManagement.Recovery;

namespace WorkerManagement.Cli;

/// <summary><c>workers why</c>: how a worker came to be as it is, in sentences: the first question at three in the morning.</summary>
internal static class WhyVerb
{
    private const int LastLines = 10, LastIncidents = 5;

    public static async Task<int> RunAsync(Invocation call, string name, CancellationToken cancellationToken)
    {
        var journal = new Journal(call.StateDirectory);
        var (status, without) = await StatusAsync(call, journal, name, cancellationToken).ConfigureAwait(false);
        using var answer = status;
        var (incidents, last) = await HistoryAsync(journal, name, answer.RootElement.GetProperty("incidents"), cancellationToken).ConfigureAwait(false);
        var worker = answer.RootElement.GetProperty("workers").EnumerateArray().FirstOrDefault(worker => worker.GetProperty("name").GetString() == name);
        if (worker.ValueKind is JsonValueKind.Undefined && without.Length > 0 && last is not null)
        {
            // A manager after it knew it no more.
            worker = JsonSerializer.SerializeToElement(last, ReportJson.Default.WorkerStatus);
        }

        if (worker.ValueKind is JsonValueKind.Undefined)
        {
            return call.Fail($"there is no worker '{name}'; 'workers status' lists them");
        }

        var output = await OutputAsync(Path.Combine(answer.RootElement.GetProperty("manager").GetProperty("state_directory").GetString()!, "logs"), name, cancellationToken).ConfigureAwait(false);
        var capsule = new CapsuleStore(call.StateDirectory).Newest(name);
        return call.Json
            ? call.PrintValue(writer =>
            {
                writer.WritePropertyName("worker");
                worker.WriteTo(writer);
                writer.WriteStartArray("incidents");
                Array.ForEach(incidents, incident => JsonSerializer.Serialize(writer, incident, JournalJson.Default.Incident));
                writer.WriteEndArray();
                writer.WriteStartArray("last_output");
                Array.ForEach(output, writer.WriteStringValue);
                writer.WriteEndArray();
                writer.WriteString("capsule", capsule);
                writer.WriteStartArray("without_manager");
                Array.ForEach(without, writer.WriteStringValue);
                writer.WriteEndArray();
            })
            : call.Say(string.Join('\n', without.Concat(Told(name, worker, without.Length == 0, incidents, output, capsule))));
    }

    private static IEnumerable<string> Told(string name, JsonElement worker, bool now, Incident[] incidents, string[] output, string? capsule)
    {
        var state = worker.GetProperty("state").GetString();
        yield return $"{name} {(now ? "is" : "was")} {state} since {Time(worker.GetProperty("since"))}: {worker.GetProperty("why").GetString()}";
        if (worker.GetProperty("alive").GetBoolean())
        {
            yield return $"  it {(now ? "runs" : "ran")} as process {worker.GetProperty("pid")}, {(worker.GetProperty("ready").GetBoolean() ? "ready" : "not ready")}";
        }

        if (worker.GetProperty("exit") is { ValueKind: JsonValueKind.Object } exit)
        {
            yield return $"  its last end: {How(exit)} at {Time(exit.GetProperty("at"))}; "
                + string.Create(CultureInfo.InvariantCulture, $"{exit.GetProperty("user_seconds").GetDouble():0.00} s user, {exit.GetProperty("system_seconds").GetDouble():0.00} s system, {exit.GetProperty("peak_memory_bytes").GetInt64() / 1e6:0.0} MB at most");
        }

        if (worker.GetProperty("restarts").GetInt32() is > 0 and var restarts)
        {
            yield return $"  restarted {(restarts == 1 ? "once" : $"{restarts} times")} by the manager";
        }

        foreach (var incident in incidents)
        {
            yield return $"  {Shown.Time(incident.At)}  {incident.Kind}: {ForTerminal.Plain(incident.Reason)}";
        }

        if (output.Length > 0)
        {
            yield return "  its last output:";
            foreach (var line in output)
            {
                yield return $"    {line}";
            }
        }

        if (capsule is not null)
        {
            yield return $"  'workers capsules {capsule}' shows all that was kept of its last abnormal end";
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

    private static string Time(JsonElement seconds) => Shown.Time(DateTimeOffset.UnixEpoch.AddSeconds(seconds.GetDouble()));

    // From the manager, or, when none runs, as its journal left it, with what is known of the time since.
    private static async Task<(JsonDocument Status, string[] Without)> StatusAsync(Invocation call, Journal journal, string name, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new ManagerClient(call.StateDirectory);
            return (await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false), []);
        }
        catch (NoManagerException) when (journal.Exists)
        {
            var past = await journal.StatusAtAsync(DateTimeOffset.MaxValue, cancellationToken).ConfigureAwait(false);
            var state = Path.GetFullPath(call.StateDirectory);
            string[] without =
            [
                past.Stopped
                    ? $"no manager runs in '{state}'; the last one stopped at {Shown.Time(past.At)}; this is how it left things:"
                    : $"no manager runs in '{state}'; the last one (process {past.Report.Manager.Pid}) ended without a word (killed, or the machine went down) after {Shown.Time(past.At)}, and the guard ended its workers; this is how things were:",
                .. await EndsAsync(state, name, cancellationToken).ConfigureAwait(false),
            ];
            return (JsonSerializer.SerializeToDocument(past.Report, ReportJson.Default.WorkerStatusReport), without);
        }
    }

    private static async Task<string[]> EndsAsync(string state, string name, CancellationToken cancellationToken)
    {
        var file = ExitRecord.FileIn(state);
        var ends = new List<string>();
        foreach (var line in File.Exists(file) ? await File.ReadAllLinesAsync(file, cancellationToken).ConfigureAwait(false) : [])
        {
            try
            {
                if (ExitRecord.Parse(line) is var ended && ended.Name == name)
                {
                    ends.Add($"  {Shown.Time(ended.Exit.At)}  run {ended.Incarnation} of {name} ended {ended.How}, without a manager");
                }
            }
            catch (JsonException)
            {
                ends.Add($"  a line of '{file}' is torn and was skipped");
            }
        }

        return [.. ends];
    }

    // The journal knows what was before the manager's start, too; the manager what the journal could not take.
    private static async Task<(Incident[] Incidents, WorkerStatus? Last)> HistoryAsync(Journal journal, string name, JsonElement told, CancellationToken cancellationToken)
    {
        var all = told.Deserialize(ReportJson.Default.IReadOnlyListIncident)!.ToHashSet();
        WorkerStatus? last = null;
        await foreach (var record in journal.ReadAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (record.Incident is { } incident && incident.Worker == name)
            {
                all.Add(incident);
            }

            last = record.Worker == name ? record.Status ?? last : last;
        }

        return ([.. all.Where(incident => incident.Worker == name).OrderBy(incident => incident.At).TakeLast(LastIncidents)], last);
    }

    private static async Task<string[]> OutputAsync(string logs, string name, CancellationToken cancellationToken) =>
        [.. (await new WorkerLog(logs, name).LastLinesAsync(LastLines, cancellationToken).ConfigureAwait(false)).Select(line => ForTerminal.Plain(line))];
}
