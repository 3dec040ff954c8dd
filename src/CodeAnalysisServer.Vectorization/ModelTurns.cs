using System.Data.Common;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Vectors;

namespace CodeAnalysisServer.Vectorization;

/// <summary>
/// Which model is embedded with, and which answers. A chosen model is built beside the one that answers until it has all texts;
/// then it answers, from one transaction to the next, and the other's vectors go, a few at a time.
/// </summary>
internal sealed class ModelTurns(DbConnection reading, SqliteDriverProxy queue)
{
    // A few milliseconds of the writer's time.
    private const int AtOnce = 500;

    private const string Retire = "UPDATE models SET state = 'retired' WHERE name <> $1 AND state = 'building'";
    private const string Introduce = "INSERT INTO models (name, state) SELECT $1, CASE WHEN EXISTS (SELECT 1 FROM models WHERE state = 'answering') THEN 'building' ELSE 'answering' END WHERE true ON CONFLICT DO NOTHING";
    private const string HasVector = "EXISTS (SELECT 1 FROM vectors v WHERE v.model_id = (SELECT max(id) FROM models) AND v.hash = {0}.hash)";
    private const string Turn = "UPDATE models SET state = CASE WHEN id = $1 THEN 'answering' ELSE 'retired' END WHERE NOT EXISTS (SELECT 1 FROM to_embed)";

    private static readonly Statement Forget = new("DELETE FROM to_embed WHERE " + HasVector.Replace("{0}", "to_embed", StringComparison.Ordinal), []);
    private static readonly Statement Fill = new("INSERT INTO to_embed (hash) SELECT DISTINCT hash FROM chunks WHERE NOT " + HasVector.Replace("{0}", "chunks", StringComparison.Ordinal)
        + " AND NOT EXISTS (SELECT 1 FROM dead_letters d WHERE d.model_id = (SELECT max(id) FROM models) AND d.hash = chunks.hash) ON CONFLICT DO NOTHING", []);

    /// <summary>Makes the chosen model the one that is embedded with.</summary>
    public async Task<EmbeddingModel> ChooseAsync(string name, CancellationToken cancellationToken)
    {
        if (EmbeddingModel.All(reading) is [.., { State: not "retired" } newest] && newest.Name == name)
        {
            return newest;
        }

        await queue.ExecuteAsync([new(Retire, [name])], cancellationToken).ConfigureAwait(false);
        await RemoveRetiredAsync(cancellationToken).ConfigureAwait(false);
        await queue.ExecuteAsync([new(Introduce, [name]), Forget, Fill], cancellationToken).ConfigureAwait(false);
        return EmbeddingModel.All(reading)[^1];
    }

    /// <summary>The model as it is now.</summary>
    public EmbeddingModel Again(EmbeddingModel model) => EmbeddingModel.All(reading).Single(row => row.Id == model.Id);

    /// <summary>Lets the model answer, if no text waits for it; whether the other one is gone.</summary>
    public async Task<bool> TurnAsync(EmbeddingModel model, CancellationToken cancellationToken)
    {
        if (model.State == "answering" || (await queue.ExecuteAsync([new(Turn, [model.Id])], cancellationToken).ConfigureAwait(false)).Changed[0] == 0)
        {
            return false;
        }

        await RemoveRetiredAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Removes what does not answer any more.</summary>
    public async Task RemoveRetiredAsync(CancellationToken cancellationToken)
    {
        foreach (var retired in EmbeddingModel.All(reading).Where(model => model.State == "retired"))
        {
            await WhileAnyAsync([new("DELETE FROM vectors WHERE id IN (SELECT id FROM vectors WHERE model_id = $1 LIMIT $2)", [retired.Id, AtOnce])], cancellationToken).ConfigureAwait(false);
            await queue.ExecuteAsync([new("DELETE FROM models WHERE id = $1", [retired.Id])], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Removes the vectors of texts that no chunk has had for longer than the grace; how many texts.</summary>
    /// <param name="now">By the clock of the wall, which the rows have too: what is further in its future was written before it was set back, and goes as well.</param>
    public Task<int> CollectAsync(DateTimeOffset now, TimeSpan grace, CancellationToken cancellationToken)
    {
        const string Due = "FROM unused WHERE since <= $1 OR since > $2";
        const string Oldest = $"SELECT hash {Due} ORDER BY since, hash LIMIT $3";
        object?[] arguments = [(now - grace).ToUnixTimeSeconds(), (now + grace).ToUnixTimeSeconds(), AtOnce];
        return reading.Scalar($"SELECT 1 {Due} LIMIT 1", arguments[0], arguments[1]) is null
            ? Task.FromResult(0)
            : WhileAnyAsync([new($"DELETE FROM vectors WHERE hash IN ({Oldest})", arguments), new($"DELETE FROM unused WHERE hash IN ({Oldest})", arguments)], cancellationToken);
    }

    private async Task<int> WhileAnyAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken)
    {
        for (var all = 0; ;)
        {
            var changed = (await queue.ExecuteAsync(statements, cancellationToken).ConfigureAwait(false)).Changed[^1];
            if (changed == 0)
            {
                return all;
            }

            all += changed;
        }
    }
}
