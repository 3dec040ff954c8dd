using System.Collections.Concurrent;
using System.Net.Sockets;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Tests;

/// <summary>A queue in this process, over a directory of its own.</summary>
internal sealed class QueueFixture : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();

    private QueueFixture() => Database = Schema.OpenForWriting(Data, Told.Enqueue);

    public string Data { get; } = Directory.CreateTempSubdirectory("q-").FullName;

    public SqliteConnection Database { get; }

    public ConcurrentQueue<string> Told { get; } = new();

    public Task Serving { get; private set; } = Task.CompletedTask;

    public static async Task<QueueFixture> StartAsync(Action<SqliteConnection>? prepare = null)
    {
        var fixture = new QueueFixture();
        prepare?.Invoke(fixture.Database);
        var ready = new TaskCompletionSource();
        fixture.Serving = new SqliteQueueServer(fixture.Data, fixture.Database, fixture.Told.Enqueue).RunAsync(ready.SetResult, task => task, fixture._stop.Token);
        await ready.Task;
        return fixture;
    }

    public Task<SqliteDriverProxy> ConnectAsync() => SqliteDriverProxy.ConnectAsync(Data, TestContext.Current.CancellationToken);

    public async Task<NetworkStream> ConnectRawAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(QueueAddress.Of(Data));
        return new(socket, ownsSocket: true);
    }

    public SqliteConnection Read() => Schema.TryOpenForReading(Data).ShouldNotBeNull();

    public Task StopAsync()
    {
        _stop.Cancel();
        return Serving;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Database.Dispose();
        _stop.Dispose();
        Directory.Delete(Data, recursive: true);
    }
}
