using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.Vectorization;

/// <summary>Gives every chunk its embedding. The same text is embedded once: an equal chunk's vector is taken over.</summary>
public static class VectorizationWorker
{
    private const int Batch = 64;

    // SQLite has no notification between processes; data_version is one cheap call that changes when somebody committed.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs until the worker is to stop or the queue has gone.</summary>
    public static async Task RunAsync(string dataDirectory)
    {
        using var notifier = new WorkerNotifier();
        Directory.SetCurrentDirectory(dataDirectory);
        var queue = await SqliteDriverProxy.ConnectAsync(notifier.Stopping).ConfigureAwait(false);
        await using (queue.ConfigureAwait(false))
        {
            using var reading = Schema.TryOpenForReading(dataDirectory) ?? throw new IOException("the index does not exist yet");
            notifier.Ready();
            try
            {
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
        object? seen = null;
        while (true)
        {
            notifier.Stopping.ThrowIfCancellationRequested();
            var chunks = reading.Rows(
                "SELECT id, text, hash, (SELECT embedding FROM chunks same WHERE same.hash = c.hash AND same.embedding IS NOT NULL LIMIT 1) FROM chunks c WHERE embedding IS NULL ORDER BY id LIMIT $1",
                row => (Id: row.GetInt64(0), Text: row.GetString(1), Hash: row.GetString(2), Known: row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3)),
                Batch);
            if (chunks.Count > 0)
            {
                // By id and hash: a chunk that was replaced meanwhile is left alone.
                await queue.ExecuteAsync(
                    [.. chunks.Select(chunk => new Statement("UPDATE chunks SET embedding = $1 WHERE id = $2 AND hash = $3", [chunk.Known ?? Embedder.ToBytes(Embedder.Embed(chunk.Text)), chunk.Id, chunk.Hash]))],
                    notifier.Stopping).ConfigureAwait(false);
                embedded += chunks.Count;
                notifier.Status($"embedded {embedded} chunks");
                continue;
            }

            var version = reading.Scalar("PRAGMA data_version");
            while (Equals(version, seen) && !queue.Closed.IsCompleted)
            {
                await Task.Delay(Look, notifier.Stopping).ConfigureAwait(false);
                version = reading.Scalar("PRAGMA data_version");
            }

            seen = version;
            if (queue.Closed.IsCompleted)
            {
                throw new IOException("the SQLite queue has gone");
            }
        }
    }
}
