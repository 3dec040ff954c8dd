using System.Data.Common;
using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.Analysis.Ctags;
using CodeAnalysisServer.FileWatcher;
using CodeAnalysisServer.SqliteQueue;

namespace CodeAnalysisServer.Tests.Analysis;

/// <summary>A tree that is indexed as the file watcher does it, through a queue in this process.</summary>
internal sealed class IndexedTree : IAsyncDisposable
{
    private readonly QueueFixture _queue;
    private readonly SqliteDriverProxy _proxy;
    private readonly SourceAnalyzer _analyzer;
    private readonly FileIndexer _indexer;
    private readonly bool _temporary;

    private IndexedTree(QueueFixture queue, SqliteDriverProxy proxy, SourceAnalyzer analyzer, string root, bool temporary)
    {
        (_queue, _proxy, _analyzer, Root, _temporary) = (queue, proxy, analyzer, root, temporary);
        _indexer = new(root, analyzer, proxy);
        Connection = queue.Read();
        Queries = new(Connection, new());
    }

    public static CtagsInstallation Ctags { get; } = CtagsInstallation.Find(Environment.GetEnvironmentVariable("PATH"));

    public string Root { get; }

    public DbConnection Connection { get; }

    public CodeQueries Queries { get; }

    /// <summary>Of a directory that is there; null makes an empty one.</summary>
    public static async Task<IndexedTree> StartAsync(string? root = null, CtagsInstallation? ctags = null, DatabaseKind kind = DatabaseKind.Sqlite)
    {
        var queue = await QueueFixture.StartAsync(kind: kind);
        return new(queue, await queue.ConnectAsync(), new(ctags ?? Ctags), root ?? Directory.CreateTempSubdirectory("tree-").FullName, root is null);
    }

    public Task IndexAsync(IEnumerable<string> paths) => Parallel.ForEachAsync(paths, async (path, cancel) => await UpdateAsync(path));

    /// <summary>New files, all in one transaction, as a scan does it.</summary>
    public async Task IndexTogetherAsync(IEnumerable<string> paths)
    {
        var changes = new List<FileChange>();
        foreach (var path in paths)
        {
            changes.Add((await _indexer.LookAsync(path, null, report: false, TestContext.Current.CancellationToken)).Change!);
        }

        await _proxy.ExecuteAsync(ChangeStatements.Of(Root, changes), TestContext.Current.CancellationToken);
    }

    /// <summary>Writes a file and indexes it.</summary>
    public async Task WriteAsync(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Root, path))!);
        await File.WriteAllTextAsync(Path.Combine(Root, path), text);
        await UpdateAsync(path);
    }

    /// <summary>Deletes a file and tells the index.</summary>
    public Task DeleteAsync(string path)
    {
        File.Delete(Path.Combine(Root, path));
        return UpdateAsync(path);
    }

    public CodeEntity Entity(string name, string? kind = null) => Queries.FindEntities(name, kind)[0].Entity;

    public async ValueTask DisposeAsync()
    {
        Connection.Dispose();
        await _analyzer.DisposeAsync();
        await _proxy.DisposeAsync();
        await _queue.DisposeAsync();
        if (_temporary)
        {
            Directory.Delete(Root, recursive: true);
        }
    }

    private async Task UpdateAsync(string path)
    {
        using var connection = _queue.Read();
        var row = CodeAnalysisServer.Storage.ConnectionExtensions.Rows(connection, "SELECT hash, size, modified FROM files WHERE root = $1 AND path = $2", found => new IndexedFile(found.GetString(0), found.GetInt64(1), found.GetInt64(2)), Root, path).FirstOrDefault();
        await _indexer.UpdateAsync(path, row, report: false, TestContext.Current.CancellationToken);
    }
}
