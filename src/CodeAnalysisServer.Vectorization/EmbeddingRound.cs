using System.Runtime.InteropServices;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage.Vectors;
using CodeAnalysisServer.Vectorization.Embedding;
using Polly;

namespace CodeAnalysisServer.Vectorization;

/// <summary>Embeds some texts and stores what comes, each batch in a transaction of its own. A text that is refused is found by halving.</summary>
internal sealed class EmbeddingRound(SqliteDriverProxy queue, CheckedEmbedding embedding, ResiliencePipeline<float[][]> pipeline, int mostTries, Action<int> stored)
{
    private const int LongestReason = 500;

    // Only vectors of the model's length, whoever was first; and only what is stored is no longer waited for.
    private const string SetDimensions = "UPDATE models SET dimensions = $1 WHERE id = $2 AND dimensions IS NULL";
    private const string Store = "INSERT INTO vectors (model_id, hash, embedding) SELECT id, $1, $2 FROM models WHERE id = $3 AND dimensions = $4 ON CONFLICT DO NOTHING";
    private const string Done = "DELETE FROM to_embed WHERE hash = $1 AND EXISTS (SELECT 1 FROM vectors WHERE model_id = $2 AND hash = $1)";

    /// <summary>Until each text has its vector, or was refused once more.</summary>
    /// <exception cref="QueueRefusedException">The database cannot take them now.</exception>
    public Task RunAsync(EmbeddingModel model, IReadOnlyList<WaitingText> texts, int batch, CancellationToken cancellationToken) =>
        Task.WhenAll(texts.Chunk(batch).Select(part => EmbedAsync(model, part, cancellationToken)));

    private async Task EmbedAsync(EmbeddingModel model, WaitingText[] texts, CancellationToken cancellationToken)
    {
        try
        {
            var vectors = await pipeline.ExecuteAsync(async stop => await embedding.EmbedAsync([.. texts.Select(text => text.Text)], model.Dimensions, stop).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            List<Statement> statements = [new(SetDimensions, [vectors[0].Length, model.Id])];
            for (var i = 0; i < texts.Length; i++)
            {
                statements.Add(new(Store, [texts[i].Hash, MemoryMarshal.AsBytes<float>(vectors[i]).ToArray(), model.Id, vectors[i].Length]));
                statements.Add(new(Done, [texts[i].Hash, model.Id]));
            }

            await queue.ExecuteAsync(statements, cancellationToken).ConfigureAwait(false);
            stored(texts.Length);
        }
        catch (TextsRefusedException) when (texts.Length > 1)
        {
            foreach (var half in texts.Chunk((texts.Length + 1) / 2))
            {
                await EmbedAsync(model, half, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (TextsRefusedException refused)
        {
            await FailAsync(model, texts[0], refused.Message, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<QueueResult> FailAsync(EmbeddingModel model, WaitingText text, string why, CancellationToken cancellationToken) => queue.ExecuteAsync(
        text.Tries + 1 < mostTries
            ? [new("UPDATE to_embed SET tries = $2 WHERE hash = $1", [text.Hash, text.Tries + 1])]
            :
            [
                new("INSERT INTO dead_letters (model_id, hash, reason, tries, time) SELECT $1, $2, $3, $4, $5 WHERE EXISTS (SELECT 1 FROM to_embed WHERE hash = $2) ON CONFLICT (model_id, hash) DO UPDATE SET reason = excluded.reason, tries = excluded.tries, time = excluded.time", [model.Id, text.Hash, why.Length > LongestReason ? why[..LongestReason] : why, text.Tries + 1, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()]),
                new("DELETE FROM to_embed WHERE hash = $1", [text.Hash]),
            ],
        cancellationToken);
}
