using System.Text;
using CodeAnalysisServer.SqliteQueue;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>Rows of one table that belong to files, many of them in a statement. Each is given as its file's path and its values.</summary>
internal sealed class ManyRows
{
    // Each size is a statement that is prepared once.
    private readonly (int Rows, string Sql)[] _sizes;
    private readonly int _columns;

    /// <param name="columns">How many a row has, the path included.</param>
    /// <param name="insert">The beginning of the statement, up to the values: the file's row is <c>f</c>, the given one is <c>c</c> with <c>column2</c> and so on.</param>
    /// <param name="most">Most rows in a statement; a power of four.</param>
    public ManyRows(int columns, string insert, int most)
    {
        _columns = columns;
        _sizes = [.. Sizes(most).Select(rows => (rows, $"{insert} FROM (VALUES {Parameters(rows)}) c CROSS JOIN files f WHERE f.root = $1 AND f.path = c.column1"))];
    }

    /// <summary>The statements that insert them, in their order.</summary>
    public IEnumerable<Statement> Insert(string root, IEnumerable<object?[]> rows)
    {
        var all = rows.ToArray();
        for (var done = 0; done < all.Length;)
        {
            var (count, sql) = Array.Find(_sizes, size => size.Rows <= all.Length - done);
            yield return new(sql, Values(root, all.AsSpan(done, count)));
            done += count;
        }
    }

    private static IEnumerable<int> Sizes(int most)
    {
        for (var rows = most; rows > 0; rows /= 4)
        {
            yield return rows;
        }
    }

    private string Parameters(int rows)
    {
        var text = new StringBuilder();
        for (var i = 0; i < rows; i++)
        {
            text.Append(i == 0 ? "(" : ", (").AppendJoin(", ", Enumerable.Range(2 + (_columns * i), _columns).Select(number => $"${number}")).Append(')');
        }

        return text.ToString();
    }

    private object?[] Values(string root, ReadOnlySpan<object?[]> rows)
    {
        var values = new object?[1 + (_columns * rows.Length)];
        values[0] = root;
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i].CopyTo(values, 1 + (_columns * i));
        }

        return values;
    }
}
