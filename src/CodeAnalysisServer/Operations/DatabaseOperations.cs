using System.Net.Sockets;
using CodeAnalysisServer.Repair;
using CodeAnalysisServer.Repair.Checks;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Vectors;

namespace CodeAnalysisServer.Operations;

/// <summary>The index itself: how it is, whether it agrees with the files, and mending it.</summary>
internal static class DatabaseOperations
{
    private const int MostDead = 100;

    public static IReadOnlyList<Operation> All { get; } =
    [
        new(
            "get_database_status", "Status of the index", Effect.Reads,
            "Tells where the index is and in which database, its size in bytes, how many files, chunks, entities and vectors it holds, how many chunks wait for an embedding, and what waits because a worker is down. Use it when results seem incomplete.",
            [],
            OperationJson.Plain.DatabaseStatus,
            (context, _, _) => Task.FromResult<object>(Status(context)))
        {
            Http = new("GET", "/database"),
        },
        new(
            "check_vectors", "Check the embeddings", Effect.Reads,
            "Checks that every text has an embedding of the right size or waits for one, that none is left over, and lists the texts (at most 100) that the embedding model refused, with the reason. Changes nothing; repair_database mends the problems.",
            [],
            OperationJson.Plain.VectorCheck,
            (context, _, _) => Task.FromResult<object>(CheckVectors(context)))
        {
            Http = new("GET", "/database/vectors"),
        },
        new(
            "repair_database", "Repair the index", Effect.Destroys,
            "Looks for disagreement between the files on disk, the rows, the full-text index and the embeddings. By default a dry run: it only tells what it would mend. With dry_run=false it mends each finding in a transaction of its own. Never touches the source files. The repair worker does the same by itself from time to time.",
            [new Parameter.Flag("dry_run", "Only tell what is wrong; default true.", true)],
            OperationJson.Plain.RepairAnswer,
            async (context, arguments, cancel) => await RepairAsync(context, arguments.Flag("dry_run"), cancel).ConfigureAwait(false))
        {
            Http = new("POST", "/database/repair"),
        },
    ];

    private static DatabaseStatus Status(ServerContext context)
    {
        using var connection = context.Read();
        long Count(string sql) => (long)connection.Scalar(sql)!;
        var state = context.Database.Describe(connection);
        return new(
            context.Database.Place,
            state.Database,
            Schema.Version,
            state.SizeBytes,
            state.LogBytes,
            Count("SELECT count(*) FROM files"),
            Count("SELECT count(*) FROM chunks"),
            Count("SELECT count(*) FROM entities"),
            Count("SELECT count(*) FROM indexing_errors"),
            Count("SELECT count(*) FROM vectors"),
            Count("SELECT count(*) FROM to_embed"),
            state.Vectors,
            Roots.Of(connection),
            context.IsServer ? $"the server, process {Environment.ProcessId}" : "this command directly: no server runs, so the index may be stale",
            Waiting.Of(context));
    }

    private static VectorCheck CheckVectors(ServerContext context)
    {
        using var connection = context.Read();
        long Count(string sql) => (long)connection.Scalar(sql)!;
        var model = EmbeddingModel.Answering(connection);
        var dead = connection.Rows(
            "SELECT f.root, f.path, c.start_line, d.reason, d.tries FROM dead_letters d JOIN chunks c ON c.id = (SELECT min(id) FROM chunks WHERE hash = d.hash) JOIN files f ON f.id = c.file_id ORDER BY f.root, f.path LIMIT $1",
            row => new DeadText(row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetString(3), row.GetInt32(4)),
            MostDead);
        string[] problems = [.. VectorChecks.Find(connection).Select(finding => $"{finding.What}; repair_database with dry_run=false mends it")];
        return new(
            problems.Length == 0, model?.Name, model?.Dimensions, Count("SELECT count(DISTINCT hash) FROM chunks"), Count("SELECT count(*) FROM vectors"), Count("SELECT count(*) FROM to_embed"), dead, problems);
    }

    private static async Task<RepairAnswer> RepairAsync(ServerContext context, bool dryRun, CancellationToken cancellationToken)
    {
        try
        {
            var queue = await SqliteDriverProxy.ConnectAsync(context.DataDirectory, cancellationToken).ConfigureAwait(false);
            await using (queue.ConfigureAwait(false))
            {
                // Somebody waits for it: it does not rest as the worker does.
                var repair = new RepairWorkerManager(context.Database, queue, new() { Share = 1 });
                if (dryRun)
                {
                    var plan = await repair.PlanAsync(cancellationToken).ConfigureAwait(false);
                    return new(true, [.. plan.Select(finding => finding.What)], 0, [], plan.Count == 0 ? "everything agrees" : $"{plan.Count} findings; call again with dry_run=false to mend them");
                }

                var report = await repair.RunAsync(_ => { }, cancellationToken).ConfigureAwait(false);
                return new(false, [.. report.Found.Select(finding => finding.What)], report.Mended, report.NotMended, report.Found.Count == 0 ? "everything agrees" : $"mended {report.Mended} of {report.Found.Count}; file_watcher looks at the files that were doubted");
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            throw ServerContext.QueueIsDown(exception);
        }
    }
}
