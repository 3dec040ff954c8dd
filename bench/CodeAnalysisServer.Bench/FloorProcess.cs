using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.Analysis.Ctags;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Bench;

/// <summary>One part of a full index that cannot be left out, alone in a process: nothing is kept, sent, logged or waited for.</summary>
internal static class FloorProcess
{
    private const string Analysis = "facts and words";

    /// <summary>The parts by name: what they do with a tree and its finished index.</summary>
    public static IReadOnlyDictionary<string, Func<string, string, Task>> Parts { get; } = new Dictionary<string, Func<string, string, Task>>
    {
        [Analysis] = (tree, _) => AnalyzeAsync(tree),
        ["rows and full text"] = (_, index) => CopyAsync(index),
        ["vectors"] = (_, index) => EmbedAsync(index),
    };

    /// <summary>The processor time of a part, in a process of its own, without its start.</summary>
    public static async Task<TimeSpan> MeasureAsync(string part, string tree, string index)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. QueueProcess.Self(), "floor-process", part, tree, index]) { RedirectStandardOutput = true };
        if (part == Analysis)
        {
            // As the file watcher is started.
            start.Environment["DOTNET_TieredCompilation"] = "0";
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return TimeSpan.FromMilliseconds(double.Parse(output, CultureInfo.InvariantCulture));
    }

    /// <summary>What that process does.</summary>
    public static async Task RunAsync(string part, string tree, string index)
    {
        using var self = Process.GetCurrentProcess();
        var before = self.TotalProcessorTime;
        await Parts[part](tree, index);
        self.Refresh();
        Console.Write((self.TotalProcessorTime - before).TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
    }

    // What the file watcher does with each file, but for its chunks.
    private static async Task AnalyzeAsync(string tree)
    {
        await using var analyzer = new SourceAnalyzer(new CtagsInstallation.Missing("only C# is measured"));
        await Parallel.ForEachAsync(Directory.EnumerateFiles(tree, "*.cs", SearchOption.AllDirectories), async (path, cancel) =>
        {
            var bytes = await File.ReadAllBytesAsync(path, cancel);
            SHA256.HashData(bytes);
            var text = Encoding.UTF8.GetString(bytes);
            await analyzer.AnalyzeAsync(path, text, cancel);
            Words.PartsWithin(text);
        });
    }

    // The same rows in a new database, in the order of its indexes as far as there is one, all at once, and without a log.
    private static Task CopyAsync(string index)
    {
        var data = Directory.CreateTempSubdirectory("bench-floor-");
        try
        {
            using var writing = Schema.OpenForWriting(data.FullName, Console.Error.WriteLine);
            writing.Run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; DROP TRIGGER chunk_text_added; DROP TRIGGER chunk_waits");
            writing.Run("ATTACH $1 AS full", Schema.PathIn(index));
            foreach (var (table, columns, order) in ((string, string, string)[])
                [
                    ("files", "*", "id"), ("analyses", "*", "file_id"), ("entities", "*", "id"), ("imports", "*", "file_id"), ("bases", "*", "entity_id"), ("models", "*", "id"),
                    ("chunks (file_id, start_line, end_line, text, words, hash, entity_id)", "file_id, start_line, end_line, text, words, hash, entity_id", "hash"),
                    ("vectors (model_id, hash, embedding)", "model_id, hash, embedding", "hash"),
                ])
            {
                writing.Run($"INSERT INTO {table} SELECT {columns} FROM full.{table.Split(' ')[0]} ORDER BY {order}");
            }

            writing.Run("INSERT INTO chunk_text (chunk_text) VALUES ('rebuild')");
        }
        finally
        {
            data.Delete(recursive: true);
        }

        return Task.CompletedTask;
    }

    private static Task EmbedAsync(string index)
    {
        using var reading = Schema.TryOpenForReading(index)!;
        Parallel.ForEach(reading.Rows("SELECT text FROM chunks GROUP BY hash", row => row.GetString(0)), text => Embedder.Embed(text));
        return Task.CompletedTask;
    }
}
