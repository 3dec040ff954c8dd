using CodeAnalysisServer.Storage;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>The process that owns the database: the only writer.</summary>
public static class SqliteQueueWorker
{
    /// <summary>Runs until the worker is to stop; then finishes what was received.</summary>
    /// <exception cref="InvalidOperationException">Another process owns this data directory, or its index is of a newer version.</exception>
    public static async Task RunAsync(string dataDirectory)
    {
        using var notifier = new WorkerNotifier();
        using var owned = Own(dataDirectory);
        using var database = Schema.OpenForWriting(dataDirectory, Console.Error.WriteLine);
        await new SqliteQueueServer(dataDirectory, database, Console.Error.WriteLine).RunAsync(
            () =>
            {
                notifier.Ready();
                notifier.Status("taking requests");
            },
            notifier.AliveUntilAsync,
            notifier.Stopping).ConfigureAwait(false);
    }

    // A lock of the kernel's: it goes with the process, however that ends.
    private static FileStream Own(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "queue.lock");
        try
        {
            return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new InvalidOperationException($"another process owns the index in '{dataDirectory}' ({exception.Message}); stop it, or choose another directory with --data", exception);
        }
    }
}
