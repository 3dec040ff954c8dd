using System.Collections.Concurrent;
using System.Net.Sockets;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.SqliteQueue.Sessions;
using CodeAnalysisServer.SqliteQueue.Wire;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Tests;

/// <summary>A queue in this process, over a directory of its own.</summary>
internal sealed class QueueFixture : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();

    private QueueFixture(string? directory)
    {
        Data = directory ?? Directory.CreateTempSubdirectory("q-").FullName;
        Database = Schema.OpenForWriting(Data, Told.Enqueue);
        Jobs = new(Path.Combine(Data, "jobs.jsonl"), TimeSpan.FromSeconds(2), new() { Told = Told.Enqueue });
    }

    public string Data { get; }

    public SqliteConnection Database { get; }

    public AsyncQueueSystem Jobs { get; }

    public ConcurrentQueue<string> Told { get; } = new();

    public Task Serving { get; private set; } = Task.CompletedTask;

    public static async Task<QueueFixture> StartAsync(Action<SqliteConnection>? prepare = null, Action<AsyncQueueSystem>? teach = null, string? directory = null, Func<Task, Task>? alive = null)
    {
        var fixture = new QueueFixture(directory);
        prepare?.Invoke(fixture.Database);
        teach?.Invoke(fixture.Jobs);
        var ready = new TaskCompletionSource();
        fixture.Serving = new SqliteQueueServer(new SqliteEngine(fixture.Data, fixture.Database, fixture.Told.Enqueue), fixture.Jobs, fixture.Told.Enqueue).RunAsync(ready.SetResult, alive ?? (task => task), fixture._stop.Token);
        await ready.Task;
        return fixture;
    }

    public Task<SqliteDriverProxy> ConnectAsync() => SqliteDriverProxy.ConnectAsync(Data, TestContext.Current.CancellationToken);

    public async Task<NetworkStream> ConnectRawAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(QueueAddress.Of(Data));
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(Frames.Hello);
        await Frames.HearHelloAsync(stream, CancellationToken.None);
        return stream;
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
        await Jobs.DisposeAsync();
        Database.Dispose();
        _stop.Dispose();
        Directory.Delete(Data, recursive: true);
    }
}
