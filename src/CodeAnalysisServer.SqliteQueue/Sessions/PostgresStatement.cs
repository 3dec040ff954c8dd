using System.Text;
using System.Text.RegularExpressions;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>
/// A client's statement as PostgreSQL takes it: its parameters, whichever way they are written, numbered from $1 without a gap; and what kind it is.
/// Immutable.
/// </summary>
internal sealed partial record PostgresStatement(string Sql, IReadOnlyList<string> Parameters)
{
    // What a client may send. The transaction and the connection's settings are the queue's.
    private static readonly string[] Allowed = ["INSERT", "UPDATE", "DELETE", "SELECT", "VALUES", "WITH", "CREATE", "DROP", "ALTER", "REINDEX", "TRUNCATE"];

    private string Verb => FirstWord().Match(Sql).Value.ToUpperInvariant();

    /// <summary>Whether it changes nothing in the database, as far as its words say; the session itself enforces it.</summary>
    public bool Reads => Verb is "SELECT" or "VALUES" || (Verb == "WITH" && !Changing().IsMatch(Sql));

    /// <summary>Whether it changes rows and returns none: such can be sent many at a time.</summary>
    public bool IsPlain => Verb is "INSERT" or "UPDATE" or "DELETE" && !Returning().IsMatch(Sql);

    /// <summary>The table that it inserts into, if that is all that it does.</summary>
    public string? Into => IsPlain && InsertInto().Match(Sql) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>Reads the text.</summary>
    /// <exception cref="InvalidOperationException">It is not a client's to send.</exception>
    public static PostgresStatement Parse(string text)
    {
        var (sql, names) = (new StringBuilder(text.Length + 16), new List<string>());
        var ended = false;
        foreach (Match part in Part().Matches(text))
        {
            if (ended && !part.ValueSpan.IsWhiteSpace())
            {
                throw OneOnly();
            }

            if (part.Value == ";")
            {
                ended = true;
                continue;
            }

            if (!part.Groups["parameter"].Success)
            {
                sql.Append(part.ValueSpan);
                continue;
            }

            var name = part.Value == "?" ? $"{names.Count + 1}" : part.Value[1..];
            var place = names.IndexOf(name);
            if (place < 0)
            {
                place = names.Count;
                names.Add(name);
            }

            sql.Append('$').Append(place + 1);
        }

        var statement = new PostgresStatement(sql.ToString(), names);
        return statement.Verb.Length == 0 ? throw OneOnly() : Allowed.Contains(statement.Verb) ? statement : throw new InvalidOperationException($"'{statement.Verb}' is not a client's to send: the transaction and the connection's settings are the queue's");
    }

    private static InvalidOperationException OneOnly() => new("a statement's text holds exactly one SQL statement; send the others as statements of their own beside it");

    // In turn: a text, a quoted name, dollar quotes, comments, a cast, operators with an at sign, a parameter, anything else.
    [GeneratedRegex(@"'(?:[^']|'')*'|""[^""]*""|\$([A-Za-z_]*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/|::|@@|@>|<@|(?<parameter>\$[0-9]+|[$:@][A-Za-z_][A-Za-z0-9_]*|\?)|[^'""$\-/:@?<;]+|.", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Part();

    [GeneratedRegex(@"[A-Za-z]+")]
    private static partial Regex FirstWord();

    [GeneratedRegex(@"\b(INSERT|UPDATE|DELETE)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Changing();

    [GeneratedRegex(@"\bRETURNING\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Returning();

    [GeneratedRegex(@"^\s*INSERT\s+INTO\s+""?([A-Za-z_][A-Za-z0-9_]*)""?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex InsertInto();
}
