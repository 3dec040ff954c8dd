using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>Listens for clients and puts their requests before the writer.</summary>
internal sealed class SqliteQueueServer(string dataDirectory, SqliteConnection database, Action<string> told)
{
    private readonly Channel<PendingRequest> _requests = Channel.CreateBounded<PendingRequest>(1024);
    private readonly ConcurrentDictionary<QueueClient, Task> _clients = new();

    /// <summary>Serves until <paramref name="stopping"/>; then finishes what was taken. <paramref name="alive"/> awaits a task and tells meanwhile that this lives.</summary>
    /// <exception cref="SqliteException">The database cannot be written any more.</exception>
    public async Task RunAsync(Action ready, Func<Task, Task> alive, CancellationToken stopping)
    {
        var path = QueueAddress.PathIn(dataDirectory);
        File.Delete(path);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(QueueAddress.Of(dataDirectory));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen(64);
        using var writer = new QueueWriter(database, Note, told);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var writing = Task.Run(() => writer.RunAsync(_requests, alive), CancellationToken.None);
        var accepting = AcceptAsync(listener, ended.Token);
        ready();
        await Task.WhenAny(accepting, writing).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await accepting.ConfigureAwait(false);
        await Task.WhenAll(_clients.Values).ConfigureAwait(false);
        _requests.Writer.TryComplete();
        await writing.ConfigureAwait(false);
        database.Run("PRAGMA wal_checkpoint(TRUNCATE)");
        File.Delete(path);
    }

    private async Task AcceptAsync(Socket listener, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                var client = new QueueClient(await listener.AcceptAsync(ended).ConfigureAwait(false), told);
                var turn = new TaskCompletionSource();
                _clients[client] = ServeAsync(client, turn.Task, ended);
                turn.SetResult();
            }
        }
        catch (OperationCanceledException)
        {
            // Nothing new is taken.
        }
    }

    private async Task ServeAsync(QueueClient client, Task listed, CancellationToken ended)
    {
        await listed.ConfigureAwait(false);
        using (client)
        {
            await client.RunAsync(_requests.Writer, ended).ConfigureAwait(false);
            _clients.TryRemove(client, out _);
        }
    }

    private void Note()
    {
        foreach (var client in _clients.Keys)
        {
            client.Note();
        }
    }
}
