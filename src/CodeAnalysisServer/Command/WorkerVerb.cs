using System.Data.Common;
using System.Net.Sockets;
using CodeAnalysisServer.FileWatcher;
using CodeAnalysisServer.Repair;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Vectorization;

namespace CodeAnalysisServer.Command;

/// <summary><c>worker TYPE</c>: one worker's own process.</summary>
internal static class WorkerVerb
{
    /// <summary>The four types.</summary>
    public static readonly string[] Types = ["sqlite_queue", "file_watcher", "vectorization", "repair"];

    public static async Task<int> RunAsync(string type, IReadOnlyList<string> roots, string data, bool durable, string embedding)
    {
        var directory = Path.GetFullPath(data.Length > 0 ? data : throw new UsageException("--data is empty; name a directory"));
        if (!Directory.Exists(directory))
        {
            throw new UsageException($"the data directory '{directory}' does not exist; `serve` makes it");
        }

        // The queue's socket has a short name from here, however deep the directory is.
        var trees = roots.Select(Path.GetFullPath).ToArray();
        var database = ChosenDatabase.In(directory);
        Directory.SetCurrentDirectory(directory);
        try
        {
            await (type switch
            {
                "sqlite_queue" => SqliteQueueWorker.RunAsync(new(directory, durable) { Database = database, Jobs = new Dictionary<string, JobBody> { [RepairJob.Type] = RepairJob.For(database) } }),
                "file_watcher" => FileWatcherWorker.RunAsync(database, trees),
                "vectorization" => VectorizationWorker.RunAsync(database, ServeOptions.Choice(embedding)),
                _ => RepairWorker.RunAsync(database),
            }).ConfigureAwait(false);
            return 0;
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            // Of the data directory: another owner, a newer version. Or of a model's file. A new start would not help.
            throw new UsageException(exception.Message);
        }
        catch (SocketException exception)
        {
            await Console.Error.WriteLineAsync($"{type}: the SQLite queue of '{directory}' cannot be reached ({exception.Message}); start sqlite_queue first").ConfigureAwait(false);
            return 1;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DbException)
        {
            await Console.Error.WriteLineAsync($"{type}: {exception.Message}").ConfigureAwait(false);
            return 1;
        }
    }
}
