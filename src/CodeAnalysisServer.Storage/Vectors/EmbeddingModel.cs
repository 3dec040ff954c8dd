using System.Data.Common;

namespace CodeAnalysisServer.Storage.Vectors;

/// <summary>A row of <c>models</c>. <paramref name="Uid"/> names this row's vectors for ever: ids begin anew with a new database.</summary>
public sealed record EmbeddingModel(long Id, string Name, string Uid, int? Dimensions, string State)
{
    /// <summary>All of them, the oldest first.</summary>
    public static List<EmbeddingModel> All(DbConnection reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        return reading.Rows("SELECT id, name, uid, dimensions, state FROM models ORDER BY id", row =>
            new EmbeddingModel(row.GetInt64(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetInt32(3), row.GetString(4)));
    }

    /// <summary>The one whose vectors answer; null before the first.</summary>
    public static EmbeddingModel? Answering(DbConnection reading) => All(reading).LastOrDefault(model => model.State == "answering");
}
