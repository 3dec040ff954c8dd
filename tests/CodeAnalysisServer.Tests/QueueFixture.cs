using System.Collections.Concurrent;
using System.Data.Common;
using System.Net.Sockets;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.SqliteQueue.Wire;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Tests;

/// <summary>A queue in this process, over a directory of its own.</summary>
internal sealed class QueueFixture : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();

    private readonly OpenedDatabase _opened;

    private QueueFixture(string data, OpenedDatabase opened, ConcurrentQueue<string> told)
    {
        (Data, _opened, Told) = (data, opened, told);
        Jobs = new(Path.Combine(Data, "jobs.jsonl"), TimeSpan.FromSeconds(2), new() { Told = Told.Enqueue });
    }

    public string Data { get; }

    public SqliteConnection Database => _opened.Sqlite;

    public IndexDatabase Index => _opened.Index;

    public AsyncQueueSystem Jobs { get; }

    public ConcurrentQueue<string> Told { get; }

    public Task Serving { get; private set; } = Task.CompletedTask;

    public static async Task<QueueFixture> StartAsync(Action<DbConnection>? prepare = null, Action<AsyncQueueSystem>? teach = null, string? directory = null, Func<Task, Task>? alive = null, DatabaseKind kind = DatabaseKind.Sqlite)
    {
        var told = new ConcurrentQueue<string>();
        var data = directory ?? OpenedDatabase.DirectoryFor(kind, "q-");
        var fixture = new QueueFixture(data, await OpenedDatabase.OpenAsync(kind, data, told.Enqueue), told);
        prepare?.Invoke(fixture._opened.Connection);
        teach?.Invoke(fixture.Jobs);
        var ready = new TaskCompletionSource();
        fixture.Serving = new SqliteQueueServer(fixture._opened.Engine, fixture.Jobs, fixture.Told.Enqueue).RunAsync(ready.SetResult, alive ?? (task => task), fixture._stop.Token);
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

    public DbConnection Read() => Index.TryOpenForReading().ShouldNotBeNull();

    /// <summary>Changes rows behind the queue's back; after FREELY without regard to what refers to what.</summary>
    public void Damage(string sql, params object?[] arguments)
    {
        var freely = sql.StartsWith("FREELY ", StringComparison.Ordinal);
        using DbConnection database = _opened.ConnectionString is { } postgres ? new Npgsql.NpgsqlConnection(postgres + ";Pooling=false") : new SqliteConnection($"Data Source={Schema.PathIn(Data)};Pooling=False");
        database.Open();
        if (freely)
        {
            database.Run(database is SqliteConnection ? "PRAGMA foreign_keys = OFF" : "SET session_replication_role = replica");
        }

        database.Run(freely ? sql[7..] : sql, arguments);
    }

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
        _opened.Dispose();
        _stop.Dispose();
        Directory.Delete(Data, recursive: true);
    }
}
