using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>A file's row, as the database has it.</summary>
internal sealed record IndexedFile(string Hash, long Size, long Modified);

/// <summary>What an update did.</summary>
internal sealed record Outcome(bool Changed, string? LeftOut = null);

/// <summary>
/// Brings one file's rows into agreement with the disk: one transaction, decided by the content's hash against the row. Remembers
/// nothing of what is indexed: the database alone says that. Thread-safe for different paths.
/// </summary>
internal sealed class FileIndexer(string root, SourceAnalyzer analyzer, SqliteDriverProxy queue)
{
    /// <summary>How many changes are kept for the console.</summary>
    public const int ChangesKept = 1000;

    private const string Unreadable = "unreadable";

    private const string Save = "INSERT INTO files (root, path, hash, size, modified) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (root, path) DO UPDATE SET hash = excluded.hash, size = excluded.size, modified = excluded.modified";
    private const string DropChunks = "DELETE FROM chunks WHERE file_id = (SELECT id FROM files WHERE root = $1 AND path = $2)";
    private const string File = "(SELECT id FROM files WHERE root = $1 AND path = $2)";

    private static readonly string AddChunk = $"INSERT INTO chunks (file_id, start_line, end_line, text, words, hash, entity_id) VALUES ({File}, $3, $4, $5, $6, $7, ({File} << {EntityIds.Shift}) + $8)";

    // A file whose time is younger than this may change again without another time: its time proves nothing.
    private static readonly TimeSpan Racy = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, byte> _unread = new();

    /// <summary>Whether size and time say that the file is as it was indexed. Only a hint.</summary>
    public bool SeemsUnchanged(string path, IndexedFile? row)
    {
        var info = new FileInfo(Path.Combine(root, path));
        return row is not null && info is { Exists: true, LinkTarget: null } && info.Length == row.Size && info.LastWriteTimeUtc.Ticks == row.Modified;
    }

    /// <summary>Indexes the file as it is now, or removes its row when it is gone or not to be in the index.</summary>
    public async Task<Outcome> UpdateAsync(string path, IndexedFile? row, bool report, CancellationToken cancellationToken)
    {
        var full = Path.Combine(root, path);
        var modified = new FileInfo(full).LastWriteTimeUtc;
        var found = FileContent.Read(full);
        if (found is not FileContent.Readable content)
        {
            var why = (found as FileContent.LeftOut)?.Why;
            var removed = await RemoveAsync(path, row, report, cancellationToken).ConfigureAwait(false);
            await NoteAsync(path, unreadable: why == Unreadable, cancellationToken).ConfigureAwait(false);
            return new(removed, why ?? (path.Contains('\uFFFD', StringComparison.Ordinal) ? "with a name that is not UTF-8" : null));
        }

        var proof = TimeProvider.System.GetUtcNow() - modified > Racy ? modified.Ticks : 0;
        if (row?.Hash == content.Hash)
        {
            if (row.Modified != proof && proof != 0)
            {
                await queue.ExecuteAsync([new("UPDATE files SET modified = $3 WHERE root = $1 AND path = $2", [root, path, proof])], cancellationToken).ConfigureAwait(false);
            }

            return new(false);
        }

        List<Statement> statements = [new(Save, [root, path, content.Hash, content.Size, proof]), FactStatements.Forgive(root, path)];
        if (row is not null)
        {
            statements.InsertRange(0, [new(DropChunks, [root, path]), .. FactStatements.Drop(root, path)]);
        }

        var facts = await analyzer.AnalyzeAsync(path, content.Text, cancellationToken).ConfigureAwait(false);
        statements.AddRange(FactStatements.Add(root, path, facts));
        foreach (var chunk in Chunker.Cut(content.Text, facts.Entities))
        {
            statements.Add(new(AddChunk, [root, path, chunk.StartLine, chunk.EndLine, chunk.Text, WordsOf(chunk, facts), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(chunk.Text))), chunk.Entity]));
        }

        await SendAsync(statements, row is null ? "added" : "changed", path, report, cancellationToken).ConfigureAwait(false);
        return new(true);
    }

    /// <summary>Removes a file's rows. An absent root proves nothing: it may be unmounted, or about to return.</summary>
    public async Task<bool> RemoveAsync(string path, IndexedFile? row, bool report, CancellationToken cancellationToken)
    {
        if (row is null || !Directory.Exists(root))
        {
            return false;
        }

        await SendAsync([new(DropChunks, [root, path]), new("DELETE FROM files WHERE root = $1 AND path = $2", [root, path]), FactStatements.Forgive(root, path)], "removed", path, report, cancellationToken).ConfigureAwait(false);
        return true;
    }

    // A file that cannot be read has no row; that it has an error is remembered only to take it back when the file has gone.
    private async Task NoteAsync(string path, bool unreadable, CancellationToken cancellationToken)
    {
        if (unreadable && _unread.TryAdd(path, 0))
        {
            await queue.ExecuteAsync([FactStatements.Note(root, path, new("read", "the file cannot be read; give the user of the server the right to, and it is indexed at the next scan"))], cancellationToken).ConfigureAwait(false);
        }
        else if (!unreadable && _unread.TryRemove(path, out _))
        {
            await queue.ExecuteAsync([FactStatements.Forgive(root, path)], cancellationToken).ConfigureAwait(false);
        }
    }

    // A chunk is found by the names around it too: what a method's text does not say is the type that it is in, and the later parts of
    // a long body do not say the method either.
    private static string WordsOf(Chunk chunk, FileFacts facts)
    {
        var words = string.Join(' ', Words.PartsWithin(chunk.Text));
        if (chunk.Entity is not { } place)
        {
            return words;
        }

        var entity = facts.Entities[place];
        var around = chunk.StartLine > entity.StartLine ? $"{entity.QualifiedName} {entity.Signature}" : entity.QualifiedName;
        return string.Join(' ', [words, around, .. Words.PartsWithin(around)]);
    }

    private async Task SendAsync(List<Statement> statements, string kind, string path, bool report, CancellationToken cancellationToken)
    {
        if (report)
        {
            statements.Add(new("INSERT INTO changes (kind, path) VALUES ($1, $2)", [kind, path]));
            statements.Add(new("DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - $1", [ChangesKept]));
        }

        await queue.ExecuteAsync(statements, cancellationToken).ConfigureAwait(false);
    }
}
