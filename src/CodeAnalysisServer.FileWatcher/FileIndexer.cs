using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>A file's row, as the database has it.</summary>
internal sealed record IndexedFile(string Hash, long Size, long Modified);

/// <summary>What a look at a file found: what is to change, if anything; and why the file is not in the index, if it is not.</summary>
internal sealed record Outcome(FileChange? Change, string? LeftOut = null);

/// <summary>
/// Brings files' rows into agreement with the disk, each in one transaction, decided by the content's hash against the row. Remembers
/// nothing of what is indexed: the database alone says that. Thread-safe for different paths.
/// </summary>
internal sealed class FileIndexer(string root, SourceAnalyzer analyzer, SqliteDriverProxy queue)
{
    /// <summary>How many changes are kept for the console.</summary>
    public const int ChangesKept = 1000;

    private const string Unreadable = "unreadable";

    private const string Save = "INSERT INTO files (root, path, hash, size, modified) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (root, path) DO UPDATE SET hash = excluded.hash, size = excluded.size, modified = excluded.modified";
    private const string DropChunks = "DELETE FROM chunks WHERE file_id = (SELECT id FROM files WHERE root = $1 AND path = $2)";

    // A file whose time is younger than this may change again without another time: its time proves nothing.
    private static readonly TimeSpan Racy = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, byte> _unread = new();

    /// <summary>Whether size and time say that a file is as it was indexed. Only a hint.</summary>
    public static bool SeemsUnchanged(FileStamp seen, IndexedFile? row) => row is not null && seen.Size == row.Size && seen.Modified == row.Modified;

    /// <summary>Indexes the file as it is now, or removes its row when it is gone or not to be in the index.</summary>
    public async Task UpdateAsync(string path, IndexedFile? row, bool report, CancellationToken cancellationToken)
    {
        if ((await LookAsync(path, row, report, cancellationToken).ConfigureAwait(false)).Change is { } change)
        {
            await queue.ExecuteAsync(ChangeStatements.Of(root, [change]), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What would bring its rows into agreement.</summary>
    public async Task<Outcome> LookAsync(string path, IndexedFile? row, bool report, CancellationToken cancellationToken)
    {
        var full = Path.Combine(root, path);
        var modified = new FileInfo(full).LastWriteTimeUtc;
        var found = FileContent.Read(full);
        if (found is not FileContent.Readable content)
        {
            var why = (found as FileContent.LeftOut)?.Why;
            List<Statement> leaving = [.. Remove(path, row, report), .. Note(path, unreadable: why == Unreadable)];
            return new(FileChange.Of(path, leaving), why ?? (path.Contains('\uFFFD', StringComparison.Ordinal) ? "with a name that is not UTF-8" : null));
        }

        var proof = TimeProvider.System.GetUtcNow() - modified > Racy ? modified.Ticks : 0;
        if (row?.Hash == content.Hash)
        {
            return new(row.Modified == proof || proof == 0 ? null : FileChange.Of(path, [new("UPDATE files SET modified = $3 WHERE root = $1 AND path = $2", [root, path, proof])]));
        }

        List<Statement> statements = [new(Save, [root, path, content.Hash, content.Size, proof]), FactStatements.Forgive(root, path)];
        if (row is not null)
        {
            statements.InsertRange(0, [new(DropChunks, [root, path]), .. FactStatements.Drop(root, path)]);
        }

        var facts = await analyzer.AnalyzeAsync(path, content.Text, cancellationToken).ConfigureAwait(false);
        statements.AddRange([.. FactStatements.Analysed(root, path, facts), .. Report(row is null ? "added" : "changed", path, report)]);
        var words = new StringBuilder();
        return new(new FileChange(path, statements, facts, [.. Chunker.Cut(content.Text, facts.Entities).Select(chunk => new ChunkRow(chunk.StartLine, chunk.EndLine, chunk.Text, WordsOf(chunk, facts, words), Hash(chunk.Text), chunk.Entity))]));
    }

    /// <summary>What removes a file's rows; null when there is nothing to remove. An absent root proves nothing: it may be unmounted, or about to return.</summary>
    public FileChange? Removal(string path, IndexedFile? row, bool report) => FileChange.Of(path, Remove(path, row, report));

    /// <summary>Removes a file's rows, as <see cref="Removal"/> says.</summary>
    public async Task RemoveAsync(string path, IndexedFile? row, bool report, CancellationToken cancellationToken)
    {
        if (Removal(path, row, report) is { } removal)
        {
            await queue.ExecuteAsync(removal.Statements, cancellationToken).ConfigureAwait(false);
        }
    }

    private List<Statement> Remove(string path, IndexedFile? row, bool report) => row is null || !Directory.Exists(root) ? [] :
    [
        new(DropChunks, [root, path]),
        new("DELETE FROM files WHERE root = $1 AND path = $2", [root, path]),
        FactStatements.Forgive(root, path),
        .. Report("removed", path, report),
    ];

    // A file that cannot be read has no row; that it has an error is remembered only to take it back when the file has gone.
    private List<Statement> Note(string path, bool unreadable) =>
        unreadable && _unread.TryAdd(path, 0)
            ? [FactStatements.Note(root, path, new("read", "the file cannot be read; give the user of the server the right to, and it is indexed at the next scan"))]
        : !unreadable && _unread.TryRemove(path, out _) ? [FactStatements.Forgive(root, path)]
        : [];

    // A chunk is found by the names around it too: what a method's text does not say is the type that it is in, and the later parts of
    // a long body do not say the method either.
    private static string WordsOf(Chunk chunk, FileFacts facts, StringBuilder words)
    {
        words.Clear();
        Words.AppendPartsWithin(words, chunk.Text);
        if (chunk.Entity is { } place)
        {
            var entity = facts.Entities[place];
            var around = chunk.StartLine > entity.StartLine ? $"{entity.QualifiedName} {entity.Signature}" : entity.QualifiedName;
            Words.AppendPartsWithin(words.Append(' ').Append(around), around);
        }

        return words.ToString();
    }

    private static string Hash(string text)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes))));
        ArrayPool<byte>.Shared.Return(bytes);
        return hash;
    }

    private static List<Statement> Report(string kind, string path, bool report) => report
        ?
        [
            new("INSERT INTO changes (kind, path) VALUES ($1, $2)", [kind, path]),
            new("DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - $1", [ChangesKept]),
        ]
        : [];
}
