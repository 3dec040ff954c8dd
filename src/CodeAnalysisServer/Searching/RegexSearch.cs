using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO.Enumeration;
using System.Text.RegularExpressions;
using CodeAnalysisServer.Operations;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Searching;

/// <summary>
/// A regular expression over the text of all chunks, each line by itself as grep does. The chunks are cut into ranges by id; several
/// threads take them in order, and stop once the ranges that are done from the start on hold enough. A chunk that is replaced gets a
/// higher id: a page never misses one because of that.
/// </summary>
internal static class RegexSearch
{
    private const int Range = 512;

    public static RegexAnswer Run(ServerContext context, Arguments arguments, CancellationToken cancellationToken)
    {
        var lines = new LineMatcher(arguments.Text("pattern"), arguments.Flag("ignore_case"));
        var limit = arguments.Whole("limit");
        var (fromChunk, fromLine) = From(arguments.TextOrNull("cursor"));
        using var first = context.Read();
        var last = first.Scalar("SELECT max(id) FROM chunks") as long? ?? 0;
        // Ids that nobody has are passed over: after many changes they are most.
        var begin = fromChunk == 0 ? first.Scalar("SELECT min(id) FROM chunks") as long? ?? 1 : fromChunk;
        var files = FilesOf(context, arguments);
        var deadline = TimeSpan.FromMilliseconds(arguments.Whole("timeout_ms"));
        var started = Stopwatch.GetTimestamp();
        var done = new ConcurrentDictionary<long, List<LineHit>>();
        var (next, scanned, enough) = (begin - 1, 0, 0);
        var ranges = (last - begin + Range) / Range;
        Parallel.For(0, Math.Min(Environment.ProcessorCount, Math.Max(1, ranges)), new ParallelOptions { CancellationToken = cancellationToken }, _ =>
        {
            using var reader = new ChunkReader(context);
            while (Volatile.Read(ref enough) == 0 && Stopwatch.GetElapsedTime(started) < deadline && !cancellationToken.IsCancellationRequested)
            {
                var start = Interlocked.Add(ref next, Range) - Range + 1;
                if (start > last)
                {
                    return;
                }

                var found = new List<LineHit>();
                Interlocked.Add(ref scanned, reader.Scan(start, start + Range - 1, lines, files, hit => (hit.Chunk, hit.Line).CompareTo((fromChunk, fromLine)) > 0, found));
                done[start] = found;
                if (Whole(done, begin).Sum(range => range.Count) > limit)
                {
                    Volatile.Write(ref enough, 1);
                }
            }
        });
        cancellationToken.ThrowIfCancellationRequested();
        var hits = Whole(done, begin).SelectMany(range => range).Take(limit + 1).ToArray();
        var reached = begin + (Whole(done, begin).Count() * (long)Range);
        var incomplete = hits.Length <= limit && reached <= last;
        return new(
            lines.Pattern,
            [.. hits.Take(limit).Select(hit => new SearchHit(hit.File.Root, hit.File.Path, hit.Line, hit.Line, hit.Text, 1, new([hit.Matched])))],
            hits.Length > limit ? Cursor(hits[limit - 1].Chunk, hits[limit - 1].Line) : incomplete ? Cursor(reached, 0) : null,
            incomplete,
            scanned);
    }

    // The ranges from the start on without a gap.
    private static IEnumerable<List<LineHit>> Whole(ConcurrentDictionary<long, List<LineHit>> done, long begin)
    {
        for (var start = begin; done.TryGetValue(start, out var range); start += Range)
        {
            yield return range;
        }
    }

    private static Dictionary<long, IndexedPath> FilesOf(ServerContext context, Arguments arguments)
    {
        using var connection = context.Read();
        var (glob, root) = (arguments.TextOrNull("glob"), arguments.TextOrNull("root"));
        if (root is not null)
        {
            Roots.Check(connection, root);
        }

        return connection.Rows("SELECT id, root, path FROM files WHERE $1 IS NULL OR root = $1", row => (Id: row.GetInt64(0), File: new IndexedPath(row.GetString(1), row.GetString(2))), root)
            .Where(file => glob is null || FileSystemName.MatchesSimpleExpression(glob, file.File.Path, ignoreCase: false))
            .ToDictionary(file => file.Id, file => file.File);
    }

    private static string Cursor(long chunk, int line) => string.Create(CultureInfo.InvariantCulture, $"r{chunk}.{line}");

    private static (long Chunk, int Line) From(string? cursor)
    {
        if (cursor is null)
        {
            return (0, 0);
        }

        var parts = cursor[1..].Split('.');
        return cursor[0] == 'r' && parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var chunk) && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var line)
            ? (chunk, line)
            : throw Paging.Wrong(cursor);
    }
}

/// <summary>A file of the index.</summary>
internal sealed record IndexedPath(string Root, string Path);

/// <summary>A line that matches.</summary>
internal sealed record LineHit(long Chunk, IndexedPath File, int Line, string Text, string Matched);
