using System.Text.Json.Nodes;
using WorkerManagement.Capsules;
using WorkerManagement.Journals;
using WorkerManagement.Logs;

namespace WorkerManagement.Api.Mcp;

/// <summary>What workers wrote, what happened to them, what was kept of their crashes.</summary>
internal static class HistoryTools
{
    private static readonly ToolParameter.Text Since = new("since", "Only from a time (2026-11-26T14:30:05Z, 14:30) or so long ago (10m) on.");

    public static IReadOnlyList<ToolDefinition> All { get; } =
    [
        new(
            "worker_logs", "What a worker wrote", ToolEffect.Reads,
            "The newest lines of a worker's standard output and error, the oldest of them first, each with time, stream and number of the run (incarnation). Filter with grep, level, since, stream, previous rather than asking for many lines. Very long lines are cut; left_out says how many of the lines asked for did not fit.",
            [
                StatusTools.Worker,
                new ToolParameter.Whole("lines", "The last so many lines of those that pass the filters, 1 to 500; default 50.", 50, 1, 500),
                new ToolParameter.Text("grep", "Only lines that match this .NET regular expression."),
                new ToolParameter.Text("level", "Only lines at least as severe.") { OneOf = ["trace", "debug", "info", "warn", "error", "fatal"] },
                Since,
                new ToolParameter.Text("stream", "Only of this stream; both unless given.") { OneOf = ["stdout", "stderr"] },
                new ToolParameter.Flag("previous", "Only of the run before the newest: what it wrote before it died."),
            ],
            LogsAsync),
        new(
            "worker_events", "What happened", ToolEffect.Reads,
            "The newest changes of state and incidents (restarts, forced kills, giving up, …) from the manager's journal, the oldest of them first, from before the manager's start too.",
            [
                new ToolParameter.Text("worker", "Only of the worker of this name; all unless given."),
                Since,
                new ToolParameter.Whole("limit", "At most so many events, 1 to 500; default 50.", 50, 1, 500),
            ],
            EventsAsync),
        new(
            "worker_capsules", "Crash capsules", ToolEffect.Reads,
            "Lists what was kept of abnormal ends, the newest first: id, worker, how it ended and why that counts as abnormal, what the manager did. worker_capsule shows one of them whole.",
            [
                new ToolParameter.Text("worker", "Only of the worker of this name; all unless given."),
                new ToolParameter.Whole("limit", "At most so many, 1 to 200; default 20.", 20, 1, 200),
            ],
            (manager, arguments, _) => Task.FromResult(Capsules(manager, arguments.TextOrNull("worker"), arguments.Whole("limit")))),
        new(
            "worker_capsule", "One crash capsule", ToolEffect.Reads,
            "Shows one crash capsule whole, as text: exit, usage, command, names in the environment, limits, timeline and the last lines that the worker wrote before that end.",
            [new ToolParameter.Text("id", "A capsule's id from worker_capsules, or a worker's name for its newest.", Required: true)],
            (manager, arguments, _) => Task.FromResult(Capsule(manager, arguments.Text("id")))),
    ];

    private static async Task<ToolAnswer> LogsAsync(WorkerManager manager, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var worker = StatusTools.Find(manager.GetWorkerStatus(), arguments.Text("worker"));
        if (!worker.Managed)
        {
            throw new WorkerManagementException($"worker '{worker.Name}' was started by somebody else and handed over: the manager has no output of it");
        }

        var query = new LogQuery
        {
            Last = arguments.Whole("lines"),
            Since = arguments.Moment("since"),
            Level = LevelReader.TryParse(arguments.TextOrNull("level"), out var level) ? level : null,
            Stream = StreamNames.Parse(arguments.TextOrNull("stream")),
            Previous = arguments.Flag("previous"),
            Pattern = Asked.Grep(arguments.TextOrNull("grep")),
        };
        var lines = new List<LogLine>();
        await foreach (var line in new LogLines(manager.LogDirectory, worker.Name).ReadAsync(query, cancellationToken).ConfigureAwait(false))
        {
            if (line is not null)
            {
                lines.Add(line);
            }
        }

        var fit = Harmless.NewestThatFit([.. lines.Select(line => line.Text.Length)]);
        return new(new()
        {
            ["worker"] = worker.Name,
            ["lines"] = Told.Array(lines.TakeLast(fit), Line),
            ["left_out"] = lines.Count - fit,
        });
    }

    private static JsonObject Line(LogLine line) => new()
    {
        ["at"] = line.At is { } at ? Told.Time(at) : null,
        ["stream"] = StreamNames.Of(line.Stream),
        ["incarnation"] = line.Stream is LogStream.Lost ? null : line.Run,
        ["text"] = line.Stream is LogStream.Lost ? $"{line.Run} bytes of its output are missing here: the disk did not take them" : line.Text,
    };

    private static async Task<ToolAnswer> EventsAsync(WorkerManager manager, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var (worker, limit) = (arguments.TextOrNull("worker"), arguments.Whole("limit"));
        var newest = new Queue<JournalRecord>();
        var earlier = 0;
        await foreach (var record in new Journal(manager.Options.StateDirectory).ReadAsync(arguments.Moment("since"), cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (record.Kind != "snapshot" && (worker is null || record.Worker == worker))
            {
                newest.Enqueue(record);
                if (newest.Count > limit)
                {
                    newest.Dequeue();
                    earlier++;
                }
            }
        }

        return new(new() { ["events"] = Told.Array(newest, Event), ["earlier"] = earlier });
    }

    private static JsonObject Event(JournalRecord record) => new()
    {
        ["at"] = Told.Time(record.At),
        ["kind"] = record.Incident?.Kind ?? record.Kind,
        ["worker"] = record.Worker,
        ["state"] = record.Status?.State.ToString(),
        ["incarnation"] = record.Status?.Incarnation,
        ["pid"] = record.Status is { Alive: true } status ? status.Pid : record.Pid,
        ["why"] = record.Status?.Why ?? record.Incident?.Reason ?? record.Reason,
    };

    private static ToolAnswer Capsules(WorkerManager manager, string? worker, int limit)
    {
        var all = new CapsuleStore(manager.Options.StateDirectory).List(worker);
        return new(new()
        {
            ["capsules"] = Told.Array(all.Take(limit), capsule => new JsonObject { ["id"] = capsule.Id, ["worker"] = capsule.Worker, ["incarnation"] = capsule.Incarnation, ["at"] = Told.Time(capsule.At), ["how"] = capsule.How, ["why"] = capsule.Why, ["then"] = capsule.Then.ToString() }),
            ["left_out"] = Math.Max(0, all.Count - limit),
        });
    }

    private static ToolAnswer Capsule(WorkerManager manager, string id)
    {
        var store = new CapsuleStore(manager.Options.StateDirectory);
        var capsule = store.Find(id) ?? (store.Newest(id) is { } newest ? store.Find(newest) : null)
            ?? throw new WorkerNotFoundException($"there is no crash capsule '{id}', and no worker of that name has one; worker_capsules lists them");
        var fit = Harmless.NewestThatFit([.. capsule.Output.Select(line => line.Length)]);
        return new(new()
        {
            ["id"] = capsule.Id,
            ["text"] = CapsuleText.Of(capsule with { Output = [.. capsule.Output.TakeLast(fit).Select(line => Harmless.Of(line))] }),
            ["output_lines_left_out"] = capsule.Output.Count - fit,
        });
    }
}
