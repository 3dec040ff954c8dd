using System.Data.Common;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Analysis.Queries;

/// <summary>Entities as the index has them.</summary>
internal static class EntityRows
{
    private const string Columns = "SELECT e.id, e.parent_id, f.root, f.path, e.kind, e.name, e.qualified_name, e.signature, e.doc, e.start_line, e.end_line, e.complexity, e.lines, e.language FROM entities e JOIN files f ON f.id = e.file_id ";

    /// <summary>Those that a condition picks, in its order.</summary>
    public static List<CodeEntity> Select(DbConnection connection, string condition, params ReadOnlySpan<object?> arguments) => connection.Rows(Columns + condition, Read, arguments);

    /// <summary>The entity; null when there is none (any more).</summary>
    public static CodeEntity? Get(DbConnection connection, long id) => Select(connection, "WHERE e.id = $1", id).FirstOrDefault();

    /// <summary>All of a file, in the order of the source.</summary>
    public static List<CodeEntity> Of(DbConnection connection, string root, string path) => Select(connection, "WHERE f.root = $1 AND f.path = $2 ORDER BY e.id", root, path);

    private static CodeEntity Read(DbDataReader row) => new(
        row.GetInt64(0),
        row.IsDBNull(1) ? null : row.GetInt64(1),
        row.GetString(2),
        row.GetString(3),
        row.GetString(4),
        row.GetString(5),
        row.GetString(6),
        row.GetString(7),
        row.IsDBNull(8) ? null : row.GetString(8),
        row.GetInt32(9),
        row.GetInt32(10),
        row.IsDBNull(11) ? null : row.GetInt32(11),
        row.GetInt32(12),
        row.GetString(13));
}
