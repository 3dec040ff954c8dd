using System.Diagnostics;
using System.Globalization;
using CodeAnalysisServer.Storage;
using WorkerManagement.Bench;
using WorkerManagement.Posix;

namespace CodeAnalysisServer.Bench;

/// <summary>The whole server, as its users start it, over a data directory of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20), Look = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;
    private readonly Task<string> _line;
    private readonly bool _keep;

    private ServerProcess(string data, Process process, bool keep)
    {
        (Data, _process, _keep) = (data, process, keep);
        Started = Stopwatch.GetTimestamp();
        _line = FirstLineAsync();
    }

    /// <summary>When it was launched.</summary>
    public long Started { get; }

    /// <summary>Its data directory.</summary>
    public string Data { get; }

    /// <summary>Starts it; over <paramref name="data"/>, which then stays, if there is one.</summary>
    public static ServerProcess Start(string root, string? data = null)
    {
        var directory = data ?? Directory.CreateTempSubdirectory("bench-server-").FullName;
        string[] arguments = ["serve", "--root", root, "--data", directory, "--urls", "http://127.0.0.1:0"];
        return new(directory, Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "code-analysis-server"), arguments) { RedirectStandardOutput = true })!, data is not null);
    }

    /// <summary>A client of it, once it listens.</summary>
    public async Task<HttpClient> ConnectAsync()
    {
        var line = await _line;
        var from = line.IndexOf("http://", StringComparison.Ordinal);
        return new() { BaseAddress = new(line[from..line.IndexOfAny([',', ';'], from)] + "/") };
    }

    /// <summary>Until the root is scanned, which is when all text and entities are in; the time since the launch.</summary>
    public Task<TimeSpan> ScannedAsync() => UntilAsync("SELECT count(*) > 0 AND min(state = 'watching') FROM projects");

    /// <summary>Until every chunk has its vector too; the time since the launch.</summary>
    public async Task<TimeSpan> EmbeddedAsync()
    {
        await ScannedAsync();
        return await UntilAsync("SELECT NOT EXISTS (SELECT 1 FROM to_embed)");
    }

    /// <summary>What the index has of something.</summary>
    public long Count(string table)
    {
        using var reading = Schema.TryOpenForReading(Data)!;
        return (long)reading.Scalar($"SELECT count(*) FROM {table}")!;
    }

    /// <summary>Its processes by what they are: server, keeper and guard, and the workers by their type.</summary>
    public IReadOnlyDictionary<string, int> Members()
    {
        var all = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture)).ToDictionary(pid => pid, ProcReadings.Parent);
        var found = new Dictionary<string, int> { ["server"] = _process.Id };
        for (var before = 0; before < found.Count;)
        {
            before = found.Count;
            foreach (var (pid, _) in all.Where(process => found.ContainsValue(process.Value) && !found.ContainsValue(process.Key)).ToArray())
            {
                string[] words = [.. ProcReadings.CommandLine(pid)];
                var verb = Array.IndexOf(words, "worker");
                found[verb >= 0 ? words[verb + 1] : found.ContainsKey("keeper") ? $"guard" : "keeper"] = pid;
            }
        }

        return found;
    }

    /// <summary>The processor time that each of them has used.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Processor() => Members().ToDictionary(member => member.Key, member => ProcReadings.ProcessorTime(member.Value));

    /// <summary>Signals it; its exit code, once it has ended.</summary>
    public async Task<int> EndAsync(int signal)
    {
        Signals.SendToUnreapedChild(_process.Id, signal);
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await EndAsync(15);
        }

        _process.Dispose();
        if (!_keep)
        {
            Directory.Delete(Data, recursive: true);
        }
    }

    private async Task<string> FirstLineAsync()
    {
        var first = await _process.StandardOutput.ReadLineAsync() ?? throw new IOException("the server ended before it listened");
        // What it says later is read too: it would wait for a reader else.
        _ = _process.StandardOutput.ReadToEndAsync();
        return first;
    }

    private async Task<TimeSpan> UntilAsync(string question)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                using var reading = Schema.TryOpenForReading(Data);
                while (reading is not null)
                {
                    if (reading.Scalar(question) is 1L)
                    {
                        return Stopwatch.GetElapsedTime(Started);
                    }

                    await Task.Delay(Look, patience.Token);
                }
            }
            catch (Microsoft.Data.Sqlite.SqliteException)
            {
                // It is being made.
            }

            await Task.Delay(Look, patience.Token);
        }
    }
}
