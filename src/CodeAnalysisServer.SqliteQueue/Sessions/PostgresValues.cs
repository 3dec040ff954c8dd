using System.Globalization;
using CodeAnalysisServer.SqliteQueue.Wire;
using Npgsql;
using NpgsqlTypes;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>Values from a frame to PostgreSQL, and from it into one.</summary>
internal static class PostgresValues
{
    /// <summary>Gives a statement its values.</summary>
    /// <exception cref="InvalidOperationException">They do not fit.</exception>
    public static void Bind(PostgresStatement statement, ref Unpacker reader, NpgsqlParameterCollection into)
    {
        var values = new NpgsqlParameter?[statement.Parameters.Count];
        var named = reader.Byte() != 0;
        var count = reader.Count();
        for (var i = 1; i <= count; i++)
        {
            var name = named ? reader.Text() : i.ToString(CultureInfo.InvariantCulture);
            var place = Place(statement, name.TrimStart('$', ':', '@'), named ? -1 : i - 1);
            if (place >= 0)
            {
                values[place] = Parameter(ref reader);
            }
            else if (named)
            {
                throw new InvalidOperationException($"the statement has no parameter '{name}'; it has {string.Join(", ", statement.Parameters.Select(known => $"'{known}'"))}");
            }
            else
            {
                reader.Skip();
            }
        }

        var bound = values.Count(value => value is not null);
        if (bound < values.Length)
        {
            throw new InvalidOperationException($"the statement has {values.Length} parameters, but only {bound} have a value; give each one (null is a value)");
        }

        foreach (var value in values)
        {
            into.Add(value!);
        }
    }

    /// <summary>A value that PostgreSQL gave, as SQLite would have it.</summary>
    public static object? Plain(object? value) => value switch
    {
        null or DBNull => null,
        bool truth => truth,
        short number => (long)number,
        int number => (long)number,
        float real => (double)real,
        decimal number => decimal.IsInteger(number) && number is >= long.MinValue and <= long.MaxValue ? (long)number : (double)number,
        long or double or string or byte[] => value,
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    // By name or number; a name that is none (:path) goes by its place.
    private static int Place(PostgresStatement statement, string name, int otherwise)
    {
        for (var i = 0; i < statement.Parameters.Count; i++)
        {
            if (statement.Parameters[i] == name)
            {
                return i;
            }
        }

        return otherwise >= 0 && otherwise < statement.Parameters.Count && !int.TryParse(statement.Parameters[otherwise], out _) ? otherwise : -1;
    }

    // Of a null PostgreSQL finds the type by where it stands. A NUL cannot be in a text there.
    private static NpgsqlParameter Parameter(ref Unpacker reader) => reader.Value() switch
    {
        long number => new NpgsqlParameter<long>("", NpgsqlDbType.Bigint) { TypedValue = number },
        double real => new NpgsqlParameter<double>("", NpgsqlDbType.Double) { TypedValue = real },
        string text => new NpgsqlParameter<string>("", NpgsqlDbType.Text) { TypedValue = text.Replace('\0', '\uFFFD') },
        byte[] bytes => new NpgsqlParameter<byte[]>("", NpgsqlDbType.Bytea) { TypedValue = bytes },
        _ => new NpgsqlParameter { Value = DBNull.Value },
    };
}
