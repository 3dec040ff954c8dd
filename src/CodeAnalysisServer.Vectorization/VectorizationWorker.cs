using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Vectorization.Embedding;
using Microsoft.Data.Sqlite;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.Vectorization;

/// <summary>Gives every text its embedding, once, and keeps the matrix that searches read.</summary>
public static class VectorizationWorker
{
    /// <summary>Runs until the worker is to stop.</summary>
    /// <exception cref="IOException">The queue has gone, or there is no room for a model.</exception>
    /// <exception cref="FormatException">A model's file cannot be used.</exception>
    public static async Task RunAsync(IndexDatabase database, EmbeddingChoice choice)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(choice);
        using var notifier = new WorkerNotifier();
        // Asked to stop, it goes; what was not embedded waits for the next start.
        await Away.EndureAsync(database, notifier, async () =>
        {
            var queue = await SqliteDriverProxy.ConnectAsync(database.DataDirectory, notifier.Stopping).ConfigureAwait(false);
            await using (queue.ConfigureAwait(false))
            {
                using var reading = await database.OpenPatientlyAsync(notifier.Status, notifier.AliveUntilAsync, notifier.Stopping).ConfigureAwait(false);
                if (reading is SqliteConnection)
                {
                    // The texts of a whole tree are read in the order of their hashes, from all over the table.
                    reading.Run("PRAGMA cache_size = -16384");
                }

                var patience = new Patience();
                var kept = choice.Keep(database.DataDirectory);
                using var generator = kept.Create(Environment.GetEnvironmentVariable(EmbeddingChoice.KeyVariable), patience.Request);
                var surroundings = new LoopSurroundings(notifier.Status, Console.Error.WriteLine, notifier.AliveUntilAsync, patience);
                await queue.SubscribeAsync(notifier.Stopping).ConfigureAwait(false);
                notifier.Ready();
                await new EmbeddingLoop(database.DataDirectory, reading, queue, kept, new(generator), surroundings).RunAsync(notifier.Stopping).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
    }
}
