using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Wire;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Tests;

public abstract class QueueTests(DatabaseKind kind)
{
    private protected const string Add = "INSERT INTO changes (kind, path) VALUES ($1, $2)";

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Eight_clients_at_once_lose_no_row_and_get_their_own_answers()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            await using var client = await queue.ConnectAsync();
            await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
            {
                var result = await client.ExecuteAsync([new(Add, [$"c{number}", $"{i}"])], Cancel);
                using var reading = queue.Read();
                reading.Scalar("SELECT kind || '/' || path FROM changes WHERE id = $1", result.LastRowIds[0]).ShouldBe($"c{number}/{i}");
            }));
        }));
        using var all = queue.Read();
        all.Scalar("SELECT count(*) FROM changes").ShouldBe(1600L);
    }

    [Fact]
    public async Task A_wrong_statement_undoes_its_own_transaction_only()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        var good = client.ExecuteAsync([new(Add, ["a", "1"])], Cancel);
        var bad = client.ExecuteAsync([new(Add, ["b", "2"]), new("INSERT INTO nowhere VALUES (1)", [])], Cancel);
        var alsoGood = client.ExecuteAsync([new(Add, ["c", "3"])], Cancel);
        await good;
        (await Should.ThrowAsync<QueueRefusedException>(bad)).Message.ShouldContain("nowhere");
        (await alsoGood).Changed.ShouldBe([1]);
        using var reading = queue.Read();
        reading.Rows("SELECT kind FROM changes ORDER BY id", row => row.GetString(0)).ShouldBe(["a", "c"]);
    }

    [Theory]
    [InlineData("COMMIT")]
    [InlineData("ROLLBACK")]
    [InlineData("SAVEPOINT other")]
    [InlineData("RELEASE request")]
    [InlineData("ATTACH ':memory:' AS other")]
    [InlineData("PRAGMA synchronous = OFF")]
    public async Task A_client_cannot_end_the_transaction_of_the_others(string statement)
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        var good = client.ExecuteAsync([new(Add, ["a", "1"])], Cancel);
        (await Should.ThrowAsync<QueueRefusedException>(client.ExecuteAsync([new(Add, ["b", "2"]), new(statement, [])], Cancel))).Message.ShouldContain(kind == DatabaseKind.Sqlite ? "not authorized" : "not a client's to send");
        await good;
        await client.ExecuteAsync([new(Add, ["c", "3"])], Cancel);
        using var reading = queue.Read();
        reading.Rows("SELECT kind FROM changes ORDER BY id", row => row.GetString(0)).ShouldBe(["a", "c"]);
    }

    [Fact]
    public async Task A_client_that_never_reads_its_answers_stalls_nobody_else()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var lazy = await queue.ConnectRawAsync();
        // The error of a long wrong statement repeats it: answers that soon fill the socket.
        for (var i = 0; i < 200; i++)
        {
            using var bound = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            try
            {
                await lazy.WriteAsync(TransactionBody.Pack(FrameKind.Execute, i + 1, [new(new string('x', 60_000), [])], null), bound.Token);
            }
            catch (OperationCanceledException)
            {
                break; // The queue reads no more from it: stalled, as it deserves.
            }
        }

        await using var client = await queue.ConnectAsync();
        for (var i = 0; i < 100; i++)
        {
            await client.ExecuteAsync([new(Add, ["a", "1"])], Cancel).WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        }

        // Nor does it hold up the end.
        await queue.StopAsync().WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public async Task A_client_may_leave_in_the_middle_of_a_frame_or_send_nonsense()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        foreach (var bytes in (byte[][])[[1], [100, 0, 0, 0, 1, 2], [255, 255, 255, 127], [255, 255, 255, 255], [2, 0, 0, 0, 1, 2], [9, 0, 0, 0, 99, 1, 0, 0, 0, 0, 0, 0, 0], [11, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 9], [9, 0, 0, 0, 8, 1, 0, 0, 0, 0, 0, 0, 0]])
        {
            await using var raw = await queue.ConnectRawAsync();
            await raw.WriteAsync(bytes, Cancel);
            raw.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            await raw.CopyToAsync(Stream.Null, Cancel);
        }

        await using var client = await queue.ConnectAsync();
        await client.ExecuteAsync([new(Add, ["a", "1"])], Cancel);
        queue.Told.ShouldContain(line => line.Contains("67108864 is the most"));
    }

    [Fact]
    public async Task A_transaction_over_the_limit_is_refused_before_it_is_sent()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        (await Should.ThrowAsync<ArgumentException>(client.ExecuteAsync([new(Add, ["a", new string('x', Frames.Maximum)])], Cancel))).Message.ShouldContain("split it");
        await client.ExecuteAsync([new(Add, ["a", new string('x', 10_000_000)])], Cancel);
    }

    [Fact]
    public async Task A_subscriber_misses_no_commit_and_many_commits_are_one_note()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var writer = await queue.ConnectAsync();
        await using var subscriber = await queue.ConnectAsync();
        await subscriber.SubscribeAsync(Cancel);
        var quiet = subscriber.CommittedAsync(Cancel);
        quiet.IsCompleted.ShouldBeFalse();
        for (var i = 0; i < 500; i++)
        {
            await writer.ExecuteAsync([new(Add, ["a", $"{i}"])], Cancel);
        }

        await quiet;
        var notes = 1;
        using var reading = queue.Read();
        // Whoever looks after each note sees the last commit in the end.
        await writer.ExecuteAsync([new(Add, ["a", "last"])], Cancel);
        while (reading.Scalar("SELECT max(path) FROM changes") is not "last")
        {
            await subscriber.CommittedAsync(Cancel);
            notes++;
        }

        notes.ShouldBeLessThanOrEqualTo(502);
        await queue.StopAsync();
        await Should.ThrowAsync<IOException>(async () =>
        {
            while (true)
            {
                await subscriber.CommittedAsync(Cancel);
            }
        });
    }
}

public sealed class QueueTestsOnPostgres() : QueueTests(DatabaseKind.Postgres);
