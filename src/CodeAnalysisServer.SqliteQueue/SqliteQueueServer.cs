using System.Collections.Concurrent;
using System.Data.Common;
using System.Net.Sockets;
using System.Threading.Channels;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.SqliteQueue.Sessions;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>Listens for clients and puts their requests before the writer, the readers and the jobs.</summary>
internal sealed class SqliteQueueServer(Engine engine, AsyncQueueSystem jobs, Action<string> told)
{
    private readonly Channel<WriterWork> _requests = Channel.CreateBounded<WriterWork>(1024);
    private readonly ConcurrentDictionary<QueueClient, Task> _clients = new();
    private readonly TaskCompletionSource _damaged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Serves until <paramref name="stopping"/>; then finishes what was taken. <paramref name="alive"/> awaits a task and tells meanwhile that this lives.</summary>
    /// <exception cref="DbException">The database cannot be written any more, or is damaged.</exception>
    public async Task RunAsync(Action ready, Func<Task, Task> alive, CancellationToken stopping)
    {
        var path = QueueAddress.PathIn(engine.Database.DataDirectory);
        // Its name appears when it listens already: between bind(2) and listen(2) whoever saw it would be refused, and told no more.
        var unnamed = Path.ChangeExtension(path, ".new");
        File.Delete(unnamed);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(unnamed));
        File.SetUnixFileMode(unnamed, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen(64);
        File.Move(unnamed, path, overwrite: true);
        await using (engine.ConfigureAwait(false))
        {
            engine.Failed = true;
            await ServeAsync(listener, ready, alive, stopping).ConfigureAwait(false);
            engine.Failed = false;
        }

        File.Delete(path);
        if (_damaged.Task.IsCompleted)
        {
            throw new SqliteException("the integrity check found damage; the next start sets the database aside", SQLitePCL.raw.SQLITE_CORRUPT);
        }
    }

    private async Task ServeAsync(Socket listener, Action ready, Func<Task, Task> alive, CancellationToken stopping)
    {
        var writer = new QueueWriter(engine, Note, told);
        using var readers = new QueryRunner(engine);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        new DatabaseJobs(engine, ByWriterAsync, () => _damaged.TrySetResult()).AddTo(jobs);
        jobs.Start();
        var router = new RequestRouter(_requests.Writer, readers, new(jobs));
        var writing = Task.Run(() => writer.RunAsync(_requests, alive), CancellationToken.None);
        var accepting = AcceptAsync(listener, router, ended.Token);
        ready();
        await Task.WhenAny(accepting, writing, _damaged.Task).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await accepting.ConfigureAwait(false);
        // Jobs first: they may be waiting for the writer.
        await jobs.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await Task.WhenAll(_clients.Values).ConfigureAwait(false);
        _requests.Writer.TryComplete();
        await writing.ConfigureAwait(false);
    }

    private async Task ByWriterAsync(Action<Session> work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _requests.Writer.WriteAsync(new WriterWork.Chore(work, done)).ConfigureAwait(false);
        }
        catch (ChannelClosedException exception)
        {
            throw new InvalidOperationException("the queue does not write any more; nothing was done", exception);
        }

        await done.Task.ConfigureAwait(false);
    }

    private async Task AcceptAsync(Socket listener, RequestRouter router, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                var client = new QueueClient(await listener.AcceptAsync(ended).ConfigureAwait(false), router, told);
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
            await client.RunAsync(ended).ConfigureAwait(false);
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
