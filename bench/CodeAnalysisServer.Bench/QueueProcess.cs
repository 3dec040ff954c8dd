using System.Diagnostics;
using CodeAnalysisServer.SqliteQueue;

namespace CodeAnalysisServer.Bench;

/// <summary>A queue in a process of its own, as it is in the server, over a directory of its own.</summary>
internal sealed class QueueProcess : IAsyncDisposable
{
    private readonly Process _process;

    private QueueProcess(string directory, Process process) => (Directory, _process) = (directory, process);

    public string Directory { get; }

    public TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<QueueProcess> StartAsync(params string[] options)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("bench-queue-").FullName;
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. Self(), "queue-process", directory, .. options]))!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!File.Exists(Path.Combine(directory, "queue.sock")))
        {
            await Task.Delay(20, patience.Token);
        }

        return new(directory, process);
    }

    public async Task<SqliteDriverProxy> ConnectAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                return await SqliteDriverProxy.ConnectAsync(Directory, patience.Token);
            }
            catch (System.Net.Sockets.SocketException)
            {
                // Bound, but does not listen yet.
                await Task.Delay(20, patience.Token);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>What goes before the arguments when this program starts itself.</summary>
    public static IEnumerable<string> Self() => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet" ? [typeof(QueueProcess).Assembly.Location] : [];
}
