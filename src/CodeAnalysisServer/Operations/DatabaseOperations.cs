using System.Net.Sockets;
using CodeAnalysisServer.Repair;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Operations;

/// <summary>The index itself: how it is, whether it agrees with the files, and mending it.</summary>
internal static class DatabaseOperations
{
    public static IReadOnlyList<Operation> All { get; } =
    [
        new(
            "get_database_status", "Status of the index", Effect.Reads,
            "Tells where the index is, its size in bytes, how many files, chunks, entities and vectors it holds, how many chunks wait for an embedding, and what waits because a worker is down. Use it when results seem incomplete.",
            [],
            OperationJson.Plain.DatabaseStatus,
            (context, _, _) => Task.FromResult<object>(Status(context)))
        {
            Http = new("GET", "/database"),
        },
        new(
            "check_vectors", "Check the embeddings", Effect.Reads,
            "Checks that every chunk has an embedding of the right size or waits for one, and that no embedding is left over. Changes nothing; repair_database mends what it finds.",
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
        var path = Schema.PathIn(context.DataDirectory);
        var log = new FileInfo(path + "-wal");
        return new(
            path,
            Schema.Version,
            new FileInfo(path).Length,
            log.Exists ? log.Length : 0,
            Count("SELECT count(*) FROM files"),
            Count("SELECT count(*) FROM chunks"),
            Count("SELECT count(*) FROM entities"),
            Count("SELECT count(*) FROM indexing_errors"),
            Count("SELECT count(*) FROM vectors"),
            Count("SELECT count(*) FROM to_embed"),
            Roots.Of(connection),
            context.IsServer ? $"the server, process {Environment.ProcessId}" : "this command directly: no server runs, so the index may be stale",
            Waiting.Of(context));
    }

    private static VectorCheck CheckVectors(ServerContext context)
    {
        using var connection = context.Read();
        long Count(string sql) => (long)connection.Scalar(sql)!;
        var without = Count("SELECT count(*) FROM chunks WHERE id NOT IN (SELECT chunk_id FROM vectors) AND id NOT IN (SELECT chunk_id FROM to_embed)");
        var wrong = Count($"SELECT count(*) FROM vectors WHERE length(embedding) <> {Embedder.Dimensions * sizeof(float)}");
        var stray = Count("SELECT count(*) FROM vectors WHERE chunk_id NOT IN (SELECT id FROM chunks)");
        List<string> problems = [];
        void Tell(long count, string what)
        {
            if (count > 0)
            {
                problems.Add($"{count} {what}; repair_database with dry_run=false mends it");
            }
        }

        Tell(without, "chunks have no embedding and wait for none");
        Tell(wrong, $"embeddings have another size than {Embedder.Dimensions} numbers");
        Tell(stray, "embeddings belong to no chunk");
        return new(problems.Count == 0, Count("SELECT count(*) FROM chunks"), Count("SELECT count(*) FROM vectors"), Count("SELECT count(*) FROM to_embed"), without, wrong, stray, Embedder.Dimensions, problems);
    }

    private static async Task<RepairAnswer> RepairAsync(ServerContext context, bool dryRun, CancellationToken cancellationToken)
    {
        try
        {
            var queue = await SqliteDriverProxy.ConnectAsync(context.DataDirectory, cancellationToken).ConfigureAwait(false);
            await using (queue.ConfigureAwait(false))
            {
                // Somebody waits for it: it does not rest as the worker does.
                var repair = new RepairWorkerManager(context.DataDirectory, queue, new() { Share = 1 });
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
