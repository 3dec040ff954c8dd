using System.Security.Cryptography;
using System.Text;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>Brings one file's rows into agreement with the disk: one transaction, decided by the content's hash.</summary>
internal sealed class FileIndexer(string root, SqliteDriverProxy queue)
{
    private const int LinesPerChunk = 40;

    private const string Save = "INSERT INTO files (root, path, hash, size) VALUES ($1, $2, $3, $4) ON CONFLICT (root, path) DO UPDATE SET hash = excluded.hash, size = excluded.size";
    private const string DropChunks = "DELETE FROM chunks WHERE file_id = (SELECT id FROM files WHERE root = $1 AND path = $2)";
    private const string AddChunk = "INSERT INTO chunks (file_id, start_line, end_line, text, words, hash) VALUES ((SELECT id FROM files WHERE root = $1 AND path = $2), $3, $4, $5, $6, $7)";

    /// <summary>Known hashes by path, as last written.</summary>
    public Dictionary<string, string> Known { get; } = [];

    /// <summary>Indexes the file as it is now, or removes it when it is gone, binary or too large. True when something changed.</summary>
    public async Task<bool> UpdateAsync(string path, bool report, CancellationToken cancellationToken)
    {
        var content = Read(Path.Combine(root, path));
        if (content is null)
        {
            return await RemoveAsync(path, report, cancellationToken).ConfigureAwait(false);
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        if (Known.GetValueOrDefault(path) == hash)
        {
            return false;
        }

        var statements = new List<Statement> { new(DropChunks, [root, path]), new(Save, [root, path, hash, (long)content.Length]) };
        var lines = Encoding.UTF8.GetString(content).ReplaceLineEndings("\n").TrimStart('\uFEFF').Split('\n');
        for (var first = 0; first < lines.Length; first += LinesPerChunk)
        {
            var last = Math.Min(first + LinesPerChunk, lines.Length);
            var text = string.Join('\n', lines[first..last]);
            if (!string.IsNullOrWhiteSpace(text))
            {
                statements.Add(new(AddChunk, [root, path, first + 1, last, text, string.Join(' ', Words.Split(text)), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))]));
            }
        }

        await SendAsync(statements, Known.ContainsKey(path) ? "changed" : "added", path, report, cancellationToken).ConfigureAwait(false);
        Known[path] = hash;
        return true;
    }

    /// <summary>Removes a file's rows.</summary>
    public async Task<bool> RemoveAsync(string path, bool report, CancellationToken cancellationToken)
    {
        if (!Known.Remove(path))
        {
            return false;
        }

        await SendAsync([new(DropChunks, [root, path]), new("DELETE FROM files WHERE root = $1 AND path = $2", [root, path])], "removed", path, report, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task SendAsync(List<Statement> statements, string kind, string path, bool report, CancellationToken cancellationToken)
    {
        if (report)
        {
            statements.Add(new("INSERT INTO changes (kind, path) VALUES ($1, $2)", [kind, path]));
        }

        await queue.ExecuteAsync(statements, cancellationToken).ConfigureAwait(false);
    }

    // Null for what is not to be in the index: gone, unreadable, too large, or binary (a NUL in the first 8000 bytes, as git decides).
    private static byte[]? Read(string path)
    {
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists || info.LinkTarget is not null || info.Length > SourceTree.MaximumSize)
            {
                return null;
            }

            var content = File.ReadAllBytes(path);
            return content.AsSpan(0, Math.Min(content.Length, 8000)).Contains((byte)0) ? null : content;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
