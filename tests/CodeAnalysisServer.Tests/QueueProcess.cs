using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using CodeAnalysisServer.SqliteQueue;

namespace CodeAnalysisServer.Tests;

/// <summary>The queue as a process of its own, with this test as the one whom it notifies.</summary>
internal sealed class QueueProcess : IAsyncDisposable
{
    private readonly string _notices;
    private readonly Socket _notified = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Process _process;

    private QueueProcess(string data, string[] options)
    {
        Data = data;
        _notices = Path.Combine(data, "n.sock");
        File.Delete(_notices);
        _notified.Bind(new UnixDomainSocketEndPoint(_notices));
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "code-analysis-server"), ["worker", "sqlite_queue", "--data", data, .. options]) { RedirectStandardError = true };
        start.Environment["NOTIFY_SOCKET"] = _notices;
        _process = Process.Start(start).ShouldNotBeNull();
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
    }

    public string Data { get; }

    /// <summary>What it says of itself once it is ready.</summary>
    public string Status { get; private set; } = "";

    public static async Task<QueueProcess> StartAsync(string data, params string[] options)
    {
        var queue = new QueueProcess(data, options);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(120));
        var buffer = new byte[4096];
        while (!queue.Status.StartsWith("taking requests", StringComparison.Ordinal))
        {
            var notice = Encoding.UTF8.GetString(buffer, 0, await queue._notified.ReceiveAsync(buffer, patience.Token));
            queue.Status = notice.StartsWith("STATUS=", StringComparison.Ordinal) ? notice[7..] : "";
        }

        return queue;
    }

    public Task<SqliteDriverProxy> ConnectAsync() => SqliteDriverProxy.ConnectAsync(Data, TestContext.Current.CancellationToken);

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _notified.Dispose();
        File.Delete(_notices);
    }
}
