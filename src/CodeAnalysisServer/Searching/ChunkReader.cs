using System.Data.Common;
using CodeAnalysisServer.Operations;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CodeAnalysisServer.Searching;

/// <summary>Reads chunks in the order of their ids through a connection of its own. Not thread-safe.</summary>
internal sealed class ChunkReader : IDisposable
{
    private readonly DbConnection _connection;
    private readonly DbCommand _command;

    public ChunkReader(ServerContext context)
    {
        _connection = context.Read();
        if (_connection is SqliteConnection)
        {
            // The pages are in the kernel's cache; they need no second one here.
            _connection.Run("PRAGMA mmap_size = 1073741824");
        }

        _command = _connection.Command("SELECT id, file_id, start_line, text FROM chunks WHERE id BETWEEN $1 AND $2 ORDER BY id", 0L, 0L);
    }

    /// <summary>Adds the matching lines of the chunks with these ids; how many chunks there were.</summary>
    public int Scan(long first, long last, LineMatcher lines, Dictionary<long, IndexedPath> files, Func<LineHit, bool> wanted, List<LineHit> found)
    {
        _command.Parameters[0].Value = first;
        _command.Parameters[1].Value = last;
        using var reader = _command.ExecuteReader();
        var count = 0;
        while (reader.Read())
        {
            count++;
            if (!files.TryGetValue(reader.GetInt64(1), out var file))
            {
                continue;
            }

            var (chunk, start) = (reader.GetInt64(0), reader.GetInt32(2));
            // Without a copy where there can be: it is good until the next row.
            lines.Find(reader is SqliteDataReader rows ? raw.sqlite3_column_blob(rows.Handle, 3) : reader.GetFieldValue<byte[]>(3), (line, text, matched) =>
            {
                var hit = new LineHit(chunk, file, start + line, text, matched);
                if (wanted(hit))
                {
                    found.Add(hit);
                }
            });
        }

        return count;
    }

    public void Dispose()
    {
        _command.Dispose();
        _connection.Dispose();
    }
}
