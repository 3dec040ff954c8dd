using CodeAnalysisServer.Storage;
using WorkerManagement;

namespace CodeAnalysisServer;

/// <summary>What a person sees: progress while the first index builds, then one line a change.</summary>
internal static class ConsoleProgress
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    public static async Task RunAsync(WorkerManager manager, string dataDirectory, CancellationToken cancellationToken)
    {
        try
        {
            var last = "";
            var building = true;
            long? change = null;
            while (true)
            {
                await Task.Delay(Look, cancellationToken).ConfigureAwait(false);
                using var connection = Schema.TryOpenForReading(dataDirectory);
                if (connection is null)
                {
                    continue;
                }

                change ??= (long)connection.Scalar("SELECT coalesce(max(id), 0) FROM changes")!;
                var left = (long)connection.Scalar("SELECT count(*) FROM chunks WHERE embedding IS NULL")!;
                if (building)
                {
                    var (files, chunks) = ((long)connection.Scalar("SELECT count(*) FROM files")!, (long)connection.Scalar("SELECT count(*) FROM chunks")!);
                    var scanned = manager.GetWorkerStatus().Workers.Any(worker => worker.Type == "file_watcher" && worker.StatusText?.StartsWith("watching", StringComparison.Ordinal) == true);
                    building = !scanned || left > 0;
                    var line = building ? $"indexing: {files} files, {chunks - left} of {chunks} chunks embedded" : $"index ready: {files} files, {chunks} chunks";
                    if (line != last)
                    {
                        Console.WriteLine(last = line);
                    }
                }

                foreach (var (id, kind, path) in connection.Rows("SELECT id, kind, path FROM changes WHERE id > $1 ORDER BY id", row => (row.GetInt64(0), row.GetString(1), row.GetString(2)), change.Value))
                {
                    Console.WriteLine($"{kind} {path}");
                    change = id;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }
}
