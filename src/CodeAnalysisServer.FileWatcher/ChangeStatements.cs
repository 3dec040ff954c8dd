using System.Text;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>
/// Changes of files as the statements of one transaction. All chunks come at the end, many in a statement: each statement that changes
/// chunks makes the full-text index write out what came before it, which costs more than the chunks themselves.
/// </summary>
internal static class ChangeStatements
{
    private const int Columns = 7;

    // A statement is prepared once for each of these.
    private static readonly (int Rows, string Sql)[] Sizes = [.. ((int[])[256, 64, 16, 4, 1]).Select(rows => (rows, Insert(rows)))];

    /// <summary>All statements, in their order.</summary>
    public static List<Statement> Of(string root, IReadOnlyCollection<FileChange> changes)
    {
        List<Statement> statements = [.. changes.SelectMany(change => change.Statements)];
        (string Path, ChunkRow Chunk)[] chunks = [.. changes.SelectMany(change => change.Chunks.Select(chunk => (change.Path, chunk)))];
        for (var done = 0; done < chunks.Length;)
        {
            var (rows, sql) = Array.Find(Sizes, size => size.Rows <= chunks.Length - done);
            statements.Add(new(sql, Values(root, chunks.AsSpan(done, rows))));
            done += rows;
        }

        return statements;
    }

    private static object?[] Values(string root, ReadOnlySpan<(string Path, ChunkRow Chunk)> chunks)
    {
        var values = new object?[1 + (Columns * chunks.Length)];
        values[0] = root;
        for (var i = 0; i < chunks.Length; i++)
        {
            var (path, chunk) = chunks[i];
            ((ReadOnlySpan<object?>)[path, chunk.StartLine, chunk.EndLine, chunk.Text, chunk.Words, chunk.Hash, chunk.Entity]).CopyTo(values.AsSpan(1 + (Columns * i)));
        }

        return values;
    }

    private static string Insert(int rows)
    {
        var values = new StringBuilder();
        for (var i = 0; i < rows; i++)
        {
            values.Append(i == 0 ? "(" : ", (").AppendJoin(", ", Enumerable.Range(2 + (Columns * i), Columns).Select(number => $"${number}")).Append(')');
        }

        return $"""
            INSERT INTO chunks (file_id, start_line, end_line, text, words, hash, entity_id)
            SELECT f.id, c.column2, c.column3, c.column4, c.column5, c.column6, (f.id << {EntityIds.Shift}) + CAST(c.column7 AS BIGINT)
            FROM (VALUES {values}) c CROSS JOIN files f WHERE f.root = $1 AND f.path = c.column1
            """;
    }
}
