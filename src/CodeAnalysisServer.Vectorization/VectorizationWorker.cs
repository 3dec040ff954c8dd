using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.Vectorization;

/// <summary>Gives every chunk its embedding. The same text is embedded once: an equal chunk's vector is taken over.</summary>
public static class VectorizationWorker
{
    private const int Batch = 128;

    // By id and hash: a chunk that was replaced meanwhile is left alone.
    private const string Store = "INSERT OR REPLACE INTO vectors (chunk_id, hash, embedding) SELECT id, hash, $1 FROM chunks WHERE id = $2 AND hash = $3";

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Runs until the worker is to stop.</summary>
    /// <exception cref="IOException">The queue has gone.</exception>
    public static async Task RunAsync(string dataDirectory)
    {
        using var notifier = new WorkerNotifier();
        var queue = await SqliteDriverProxy.ConnectAsync(dataDirectory, notifier.Stopping).ConfigureAwait(false);
        await using (queue.ConfigureAwait(false))
        {
            using var reading = Schema.TryOpenForReading(dataDirectory) ?? throw new IOException("the index does not exist yet");
            try
            {
                await queue.SubscribeAsync(notifier.Stopping).ConfigureAwait(false);
                notifier.Ready();
                await LoopAsync(reading, queue, notifier).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (notifier.Stopping.IsCancellationRequested)
            {
                // Asked to stop; what was not embedded is found again at the next start.
            }
        }
    }

    private static async Task LoopAsync(SqliteConnection reading, SqliteDriverProxy queue, WorkerNotifier notifier)
    {
        var embedded = 0L;
        var pause = FirstPause;
        while (true)
        {
            notifier.Stopping.ThrowIfCancellationRequested();
            var statements = Next(reading);
            if (statements.Count == 0)
            {
                await notifier.AliveUntilAsync(queue.CommittedAsync(notifier.Stopping)).ConfigureAwait(false);
                continue;
            }

            try
            {
                await queue.ExecuteAsync(statements, notifier.Stopping).ConfigureAwait(false);
                embedded += statements.Count;
                notifier.Ping();
                notifier.Status($"embedded {embedded} chunks");
                pause = FirstPause;
            }
            catch (QueueRefusedException refused)
            {
                await Console.Error.WriteLineAsync($"embeddings could not be stored ({refused.Message}); next try in {pause.TotalSeconds:0} s").ConfigureAwait(false);
                await notifier.AliveUntilAsync(Task.Delay(pause, notifier.Stopping)).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private static List<Statement> Next(SqliteConnection reading) => reading.Rows(
        "SELECT c.id, c.text, c.hash, (SELECT embedding FROM vectors same WHERE same.hash = c.hash LIMIT 1) FROM to_embed e JOIN chunks c ON c.id = e.chunk_id ORDER BY e.chunk_id LIMIT $1",
        row => new Statement(Store, [row.IsDBNull(3) ? Embedder.ToBytes(Embedder.Embed(row.GetString(1))) : row.GetFieldValue<byte[]>(3), row.GetInt64(0), row.GetString(2)]),
        Batch);
}
