using System.Globalization;
using System.Text.Json;
using CodeAnalysisServer.Repair;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using WorkerManagement.Posix;

namespace EndToEnd.Tests;

/// <summary>A tree and a data directory of their own; servers over them.</summary>
public abstract class ServerFixture : IDisposable
{
    protected string Tree { get; } = Directory.CreateTempSubdirectory("tree-").FullName;

    protected string Data { get; } = Directory.CreateTempSubdirectory("data-").FullName;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Directory.Delete(Tree, recursive: true);
        Directory.Delete(Data, recursive: true);
        GC.SuppressFinalize(this);
    }

    internal Executable Serve(params string[] more) =>
        Executable.Start("code-analysis-server", ["serve", .. more.Contains("--root") ? more : ["--root", Tree, .. more], .. more.Contains("--data") ? Array.Empty<string>() : ["--data", Data], "--urls", "http://127.0.0.1:0"]);

    internal static async Task<HttpClient> ConnectAsync(Executable server) => new() { BaseAddress = new((await server.LineAsync("serving ")).Split(" on ")[1].Split(';')[0]) };

    /// <summary>Whole at once, as an editor that renames does it: who is told of the file finds all of it.</summary>
    protected async Task WriteAsync(string path, string text)
    {
        var file = Path.Combine(Tree, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var unfinished = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllTextAsync(unfinished, text, Cancel);
        File.Move(unfinished, file, overwrite: true);
    }

    protected static async Task<string[]> PathsAsync(HttpClient http, string query)
    {
        using var answer = JsonDocument.Parse(await http.GetStringAsync(new Uri(query, UriKind.Relative), Cancel));
        return [.. answer.RootElement.GetProperty("hits").EnumerateArray().Select(hit => hit.GetProperty("path").GetString()!)];
    }

    /// <summary>The first status, from now on, that is as wanted.</summary>
    protected static Task<JsonElement> StatusAsync(HttpClient http, Func<JsonElement[], bool> wanted) => WholeStatusAsync(http, status => wanted([.. status.GetProperty("workers").EnumerateArray()]));

    protected static async Task<JsonElement> WholeStatusAsync(HttpClient http, Func<JsonElement, bool> wanted)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        bound.CancelAfter(TimeSpan.FromSeconds(90));
        using var events = new StreamReader(await http.GetStreamAsync(new Uri("/v1/events", UriKind.Relative), bound.Token));
        while (await events.ReadLineAsync(bound.Token) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                using var status = JsonDocument.Parse(line[6..]);
                if (wanted(status.RootElement))
                {
                    return status.RootElement.Clone();
                }
            }
        }

        throw new IOException("the events ended");
    }

    protected static bool AllReady(JsonElement[] workers) => workers.Length == 4 && workers.All(worker => worker.GetProperty("ready").GetBoolean());

    protected static int PidOf(JsonElement status, string type) => status.GetProperty("workers").EnumerateArray().Single(worker => worker.GetProperty("type").GetString() == type).GetProperty("pid").GetInt32();

    /// <summary>Waits, from commit to commit, until the database is as wanted.</summary>
    protected async Task DatabaseAsync(Func<SqliteConnection, bool> wanted)
    {
        await using var queue = await SqliteDriverProxy.ConnectAsync(Data, Cancel);
        await queue.SubscribeAsync(Cancel);
        using var reading = Schema.TryOpenForReading(Data).ShouldNotBeNull();
        while (!wanted(reading))
        {
            await queue.CommittedAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        }
    }

    /// <summary>Everything that a search can see, without the ids.</summary>
    protected static List<string> Rows(string data)
    {
        using var reading = Schema.TryOpenForReading(data).ShouldNotBeNull();
        List<string> files = reading.Rows("SELECT root, path, hash, size FROM files ORDER BY root, path", row => $"{row.GetString(0)}|{row.GetString(1)}|{row.GetString(2)}|{row.GetInt64(3)}");
        files.AddRange(reading.Rows(
            "SELECT f.path, c.start_line, c.end_line, c.text, c.words, c.hash, hex(v.embedding) FROM chunks c JOIN files f ON f.id = c.file_id JOIN vectors v ON v.hash = c.hash ORDER BY f.root, f.path, c.start_line, c.text",
            row => string.Join('|', Enumerable.Range(0, 7).Select(row.GetValue))));
        return files;
    }

    /// <summary>The database is whole, full text and rows agree. For a server that has ended.</summary>
    protected static void ShouldBeWhole(string data)
    {
        using var database = Schema.OpenForWriting(data, told => throw new InvalidOperationException(told));
        database.Scalar("PRAGMA integrity_check").ShouldBe("ok");
        database.Run("INSERT INTO chunk_text (chunk_text, rank) VALUES ('integrity-check', 1)");
        RepairWorkerManager.Find(database, pages: true).SelectMany(slice => slice).ShouldBeEmpty();
    }

    /// <summary>No process of this directory is there, and none that the manager knows by its tag.</summary>
    protected async Task NothingIsLeftAsync()
    {
        await GuardsAreGoneAsync();
        (await Executable.RunAsync("workers", "verify", "--state-dir", Path.Combine(Data, "workers"))).ShouldSatisfyAllConditions(verified => verified.Code.ShouldBe(0, verified.Output));
    }

    /// <summary>Taking the guards' locks waits for both to be gone, by the kernel's word; then no process of this directory may be there.</summary>
    protected async Task GuardsAreGoneAsync()
    {
        foreach (var name in (string[])["keeper.lock", "guard.lock"])
        {
            var file = Descriptors.Open(Path.Combine(Data, "workers", name), Descriptors.ReadWrite | Descriptors.Create, 0x180);
            (await Task.Run(() => Descriptors.Lock(file, wait: true)).WaitAsync(TimeSpan.FromSeconds(30), Cancel)).ShouldBeTrue();
            Descriptors.Close(file);
        }

        Processes().ShouldBeEmpty();
    }

    /// <summary>Their command lines.</summary>
    protected List<string> Processes() => [.. Found().Select(process => process.Line)];

    /// <summary>Their numbers.</summary>
    protected List<int> Pids() => [.. Found().Select(process => process.Pid)];

    /// <summary>Waits for a process to be dead, by the kernel's word, and lets it go.</summary>
    protected static async Task EndOf(PidFd pin)
    {
        using (pin)
        {
            (await Task.Run(() => Poll.IsReadable(pin.Descriptor, 30_000), Cancel)).ShouldBeTrue();
        }
    }

    /// <summary>The processes that have this data directory in their command line, its words with a space between.</summary>
    protected List<(int Pid, string Line)> Found()
    {
        var found = new List<(int, string)>();
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(directory => char.IsAsciiDigit(Path.GetFileName(directory)[0])))
        {
            try
            {
                var line = File.ReadAllText(Path.Combine(directory, "cmdline"));
                if (line.Contains(Data, StringComparison.Ordinal))
                {
                    found.Add((int.Parse(Path.GetFileName(directory), CultureInfo.InvariantCulture), line.Replace('\0', ' ')));
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It has just ended.
            }
        }

        return found;
    }
}
