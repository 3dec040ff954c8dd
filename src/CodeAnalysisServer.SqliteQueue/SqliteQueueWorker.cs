using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>
/// Owns the database: the only writer. Each request is a transaction of its own inside a group that is committed together; the
/// reply goes out after the commit, so that what was acknowledged is on disk.
/// </summary>
public static class SqliteQueueWorker
{
    private const int MaximumGroup = 256;

    /// <summary>Where clients connect: a short name in the data directory, which is every worker's working directory.</summary>
    public static string SocketName => "queue.sock";

    /// <summary>Runs until the worker is to stop; then finishes what was received.</summary>
    public static async Task RunAsync(string dataDirectory)
    {
        using var notifier = new WorkerNotifier();
        Directory.SetCurrentDirectory(dataDirectory);
        using var database = Schema.OpenForWriting(dataDirectory, Console.Error.WriteLine);
        var requests = Channel.CreateBounded<(QueueRequest Request, Func<QueueReply, Task> Reply)>(1024);
        File.Delete(SocketName);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(SocketName));
        File.SetUnixFileMode(SocketName, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen(64);
        var writing = Task.Run(() => WriteAsync(database, requests.Reader));
        var clients = new List<Task>();
        notifier.Ready();
        notifier.Status("taking requests");
        try
        {
            while (true)
            {
                var client = await listener.AcceptAsync(notifier.Stopping).ConfigureAwait(false);
                clients.RemoveAll(task => task.IsCompleted);
                clients.Add(ServeAsync(client, requests.Writer, notifier.Stopping));
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop: nothing new is taken, what was taken is finished.
        }

        await Task.WhenAll(clients).ConfigureAwait(false);
        requests.Writer.Complete();
        await writing.ConfigureAwait(false);
        database.Run("PRAGMA wal_checkpoint(TRUNCATE)");
        File.Delete(SocketName);
    }

    private static async Task ServeAsync(Socket client, ChannelWriter<(QueueRequest, Func<QueueReply, Task>)> requests, CancellationToken stopping)
    {
        var stream = new NetworkStream(client, ownsSocket: true);
        using var sending = new SemaphoreSlim(1);
        var unanswered = new List<Task>();
        try
        {
            while (await QueueFrames.ReadAsync(stream, stopping).ConfigureAwait(false) is { } frame)
            {
                var request = JsonSerializer.Deserialize(frame, QueueJson.Default.QueueRequest) ?? throw new InvalidDataException("an empty request");
                var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                unanswered.RemoveAll(task => task.IsCompleted);
                unanswered.Add(answered.Task);
                await requests.WriteAsync((request, reply => ReplyAsync(reply, answered)), CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidDataException or JsonException)
        {
            if (exception is InvalidDataException or JsonException)
            {
                await Console.Error.WriteLineAsync($"a client's request makes no sense, its connection is closed: {exception.Message}").ConfigureAwait(false);
            }
        }

        await Task.WhenAll(unanswered).ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);

        async Task ReplyAsync(QueueReply reply, TaskCompletionSource answered)
        {
            await sending.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                await QueueFrames.WriteAsync(stream, JsonSerializer.SerializeToUtf8Bytes(reply, QueueJson.Default.QueueReply), CancellationToken.None).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The client has gone; its transaction is committed all the same.
            }
            finally
            {
                sending.Release();
                answered.SetResult();
            }
        }
    }

    private static async Task WriteAsync(SqliteConnection database, ChannelReader<(QueueRequest Request, Func<QueueReply, Task> Reply)> requests)
    {
        var group = new List<(Func<QueueReply, Task> Reply, QueueReply Answer)>();
        while (await requests.WaitToReadAsync().ConfigureAwait(false))
        {
            group.Clear();
            using (var transaction = database.BeginTransaction())
            {
                while (group.Count < MaximumGroup && requests.TryRead(out var next))
                {
                    group.Add((next.Reply, Execute(database, next.Request)));
                }

                transaction.Commit();
            }

            foreach (var (reply, answer) in group)
            {
                await reply(answer).ConfigureAwait(false);
            }
        }
    }

    private static QueueReply Execute(SqliteConnection database, QueueRequest request)
    {
        database.Run("SAVEPOINT request");
        try
        {
            var changed = new List<int>();
            var ids = new List<long>();
            foreach (var statement in request.Statements)
            {
                changed.Add(database.Run(statement.Sql, [.. statement.Arguments.Select(value => (object?)value.Text ?? (object?)value.Number ?? (object?)value.Real ?? value.Blob)]));
                ids.Add((long)database.Scalar("SELECT last_insert_rowid()")!);
            }

            database.Run("RELEASE request");
            return new(request.Id, null, changed, ids);
        }
        catch (Exception exception) when (exception is SqliteException or InvalidOperationException)
        {
            database.Run("ROLLBACK TO request; RELEASE request");
            return new(request.Id, exception.Message, null, null);
        }
    }
}
