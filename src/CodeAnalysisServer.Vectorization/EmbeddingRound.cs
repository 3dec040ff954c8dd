using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Vectors;
using CodeAnalysisServer.Vectorization.Embedding;
using Polly;

namespace CodeAnalysisServer.Vectorization;

/// <summary>Embeds a batch of texts and stores what comes in one transaction. A text that is refused is found by halving.</summary>
internal sealed class EmbeddingRound(SqliteDriverProxy queue, CheckedEmbedding embedding, ResiliencePipeline<float[][]> pipeline, int mostTries, Action<int> told)
{
    private const int LongestReason = 500;

    // Only vectors of the model's length, whoever was first; and only what is stored is no longer waited for.
    private const string SetDimensions = "UPDATE models SET dimensions = $1 WHERE id = $2 AND dimensions IS NULL";
    private const string Done = "DELETE FROM to_embed WHERE hash IN (SELECT e.value ->> 0 FROM json_each($1) e) AND EXISTS (SELECT 1 FROM vectors v WHERE v.model_id = $2 AND v.hash = to_embed.hash)";

    // Many rows in a statement; it is prepared once for each of these.
    private static readonly (int Rows, string Sql)[] Stores = [.. ((int[])[64, 8, 1]).Select(rows => (rows, Store(rows)))];

    /// <summary>Until each text has its vector, or was refused once more.</summary>
    /// <exception cref="QueueRefusedException">The database cannot take them now.</exception>
    public async Task RunAsync(EmbeddingModel model, WaitingText[] texts, CancellationToken cancellationToken)
    {
        try
        {
            var vectors = await pipeline.ExecuteAsync(async stop => await embedding.EmbedAsync([.. texts.Select(text => text.Text)], model.Dimensions, stop).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            List<Statement> statements = [new(SetDimensions, [vectors[0].Length, model.Id])];
            for (var stored = 0; stored < texts.Length;)
            {
                var (rows, sql) = Array.Find(Stores, size => size.Rows <= texts.Length - stored);
                statements.Add(new(sql, [model.Id, vectors[0].Length, .. Enumerable.Range(stored, rows).SelectMany(i => (object?[])[texts[i].Hash, Embedder.ToBytes(vectors[i])])]));
                stored += rows;
            }

            statements.Add(new(Done, [JsonColumn.Of(texts.Select(text => text.Hash)), model.Id]));
            await queue.ExecuteAsync(statements, cancellationToken).ConfigureAwait(false);
            told(texts.Length);
        }
        catch (TextsRefusedException) when (texts.Length > 1)
        {
            foreach (var half in texts.Chunk((texts.Length + 1) / 2))
            {
                await RunAsync(model, half, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (TextsRefusedException refused)
        {
            await FailAsync(model, texts[0], refused.Message, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Store(int rows) => $"""
        INSERT INTO vectors (model_id, hash, embedding) SELECT m.id, c.column1, c.column2
        FROM (VALUES {string.Join(", ", Enumerable.Range(0, rows).Select(row => $"(${3 + (2 * row)}, ${4 + (2 * row)})"))}) c CROSS JOIN models m
        WHERE m.id = $1 AND m.dimensions = $2 ON CONFLICT DO NOTHING
        """;

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
