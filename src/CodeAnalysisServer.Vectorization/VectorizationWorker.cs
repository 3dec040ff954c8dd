using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Vectorization.Embedding;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.Vectorization;

/// <summary>Gives every text its embedding, once, and keeps the matrix that searches read.</summary>
public static class VectorizationWorker
{
    /// <summary>Runs until the worker is to stop.</summary>
    /// <exception cref="IOException">The queue has gone.</exception>
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
                var patience = new Patience();
                using var generator = choice.Create(Environment.GetEnvironmentVariable(EmbeddingChoice.KeyVariable), patience.Request);
                var surroundings = new LoopSurroundings(notifier.Status, Console.Error.WriteLine, notifier.AliveUntilAsync, patience);
                await queue.SubscribeAsync(notifier.Stopping).ConfigureAwait(false);
                notifier.Ready();
                await new EmbeddingLoop(database.DataDirectory, reading, queue, choice, new(generator), surroundings).RunAsync(notifier.Stopping).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
    }
}
