namespace CodeAnalysisServer.SqliteQueue;

/// <summary>One SQL statement with its parameters $1, $2 … or ?. Values are text, whole numbers, reals, truths (1 and 0), bytes or null. Immutable.</summary>
public sealed record Statement(string Sql, IReadOnlyList<object?> Arguments)
{
    /// <summary>With parameters by name: <c>$path</c>, <c>:path</c> or <c>@path</c> in the text, <c>path</c> here.</summary>
    public Statement(string sql, IReadOnlyDictionary<string, object?> named)
        : this(sql, []) => Named = named;

    /// <summary>The parameters by name; null when they go by position.</summary>
    public IReadOnlyDictionary<string, object?>? Named { get; }
}

/// <summary>What a transaction did: per statement the rows changed and the last row id.</summary>
public sealed record QueueResult(IReadOnlyList<int> Changed, IReadOnlyList<long> LastRowIds)
{
    /// <summary>The id of the row that was inserted last; 0 when there is none.</summary>
    public long LastRowId => LastRowIds.Count == 0 ? 0 : LastRowIds[^1];

    /// <summary>The rows changed by all statements together.</summary>
    public long Affected => Changed.Sum(rows => (long)rows);
}

/// <summary>One row that a query found. Values are string, long, double, byte[] or null.</summary>
public sealed class QueueRow
{
    internal QueueRow(IReadOnlyList<string> columns, object?[] values) => (Columns, Values) = (columns, values);

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The values, in the order of the columns.</summary>
    public IReadOnlyList<object?> Values { get; }

    /// <summary>The value of a column by its place, from 0.</summary>
    public object? this[int column] => Values[column];
}

/// <summary>The database, or the queue, refuses a request; nothing of it was done.</summary>
public sealed class QueueRefusedException(string message) : InvalidOperationException(message);
