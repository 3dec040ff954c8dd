using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Wire;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Tests;

public abstract class ProxyTests(DatabaseKind kind)
{
    private const string Add = "INSERT INTO changes (kind, path) VALUES ($1, $2)";

    // About a million million rows: only an interrupt ends it.
    private const string Endless = "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) ";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_kind_of_value_comes_back_as_it_went_by_position_and_by_name()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind, prepare: database => database.Run(kind == DatabaseKind.Sqlite ? "CREATE TABLE kept (a, b, c, d, e, f)" : "CREATE TABLE kept (a TEXT, b BIGINT, c FLOAT8, d BYTEA, e TEXT, f TEXT)"));
        await using var client = await queue.ConnectAsync();
        object?[] values = ["größe \0 🦉", long.MinValue, -1.5, new byte[] { 0, 1, 255 }, null, ""];
        await client.ExecuteAsync([new("INSERT INTO kept VALUES ($1, $2, $3, $4, $5, $6)", values)], Cancel);
        await client.ExecuteAsync([new("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?)", values)], Cancel);
        await client.ExecuteAsync([new("INSERT INTO kept VALUES (:a, @b, $c, $d, $e, $f)", new Dictionary<string, object?> { ["f"] = "", ["e"] = null, ["d"] = values[3], ["c"] = -1.5, ["b"] = long.MinValue, ["a"] = values[0] })], Cancel);
        var rows = await client.QueryAsync(new("SELECT * FROM kept WHERE b = $b", new Dictionary<string, object?> { ["b"] = long.MinValue }), cancellationToken: Cancel).ToListAsync(Cancel);
        rows.Count.ShouldBe(3);
        rows.ShouldAllBe(row => row.Columns.SequenceEqual(new[] { "a", "b", "c", "d", "e", "f" }));
        foreach (var row in rows)
        {
            // PostgreSQL cannot keep a NUL in a text.
            row[0].ShouldBe(kind == DatabaseKind.Sqlite ? values[0] : "größe \uFFFD 🦉");
            row[1].ShouldBe(long.MinValue);
            row[2].ShouldBe(-1.5);
            ((byte[])row[3]!).ShouldBe([0, 1, 255]);
            row[4].ShouldBeNull();
            row[5].ShouldBe("");
        }
    }

    [Theory]
    [InlineData("INSERT INTO changes (kind, path) VALUES ($1, $2)", 1, "only 1 have a value")]
    [InlineData("DELETE FROM changes; DELETE FROM changes", 0, "exactly one SQL statement")]
    [InlineData("", 0, "exactly one SQL statement")]
    [InlineData("INSERT INTO nowhere VALUES (1)", 0, "nowhere")]
    public async Task A_wrong_statement_is_refused_and_says_why(string sql, int values, string why)
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        (await Should.ThrowAsync<QueueRefusedException>(client.ExecuteAsync([new(Add, ["a", "b"]), new(sql, [.. Enumerable.Repeat<object?>("x", values)])], Cancel))).Message.ShouldContain(why);
        (await Should.ThrowAsync<QueueRefusedException>(client.ExecuteAsync([new(Add, new Dictionary<string, object?> { ["x"] = 1 })], Cancel))).Message.ShouldContain("no parameter 'x'");
        using var reading = queue.Read();
        reading.Scalar("SELECT count(*) FROM changes").ShouldBe(0L);
    }

    [Fact]
    public async Task Rows_changed_and_last_ids_are_told_a_statement()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        var added = await client.ExecuteAsync([new(Add, ["a", "1"]), new(Add, ["a", "2"]), new("UPDATE changes SET kind = 'b'", []), new("CREATE TABLE more (x TEXT)", [])], Cancel);
        added.Changed.ShouldBe([1, 1, 2, 0]);
        added.LastRowIds[1].ShouldBe(added.LastRowIds[0] + 1);
        added.Affected.ShouldBe(4);
    }

    [Fact]
    public async Task A_hundred_different_statements_fit_into_one_transaction()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        (await client.ExecuteAsync([.. Enumerable.Range(0, 100).Select(i => new Statement($"INSERT INTO changes (kind, path) VALUES ('{i}', 'p')", []))], Cancel)).Affected.ShouldBe(100);
    }

    [Fact]
    public async Task A_large_result_streams_in_bounded_frames_and_only_as_fast_as_it_is_taken()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var raw = await queue.ConnectRawAsync();
        await raw.WriteAsync(TransactionBody.PackQuery(FrameKind.Query, 1, new(Endless + "SELECT i, 'some text' FROM n", []), null), Cancel);
        var frames = new FrameReader(raw);
        (await frames.ReadAsync(Cancel)).ShouldNotBeNull().Kind.ShouldBe(FrameKind.Columns);
        for (var i = 0; i < 4; i++)
        {
            var rows = (await frames.ReadAsync(Cancel)).ShouldNotBeNull();
            rows.Kind.ShouldBe(FrameKind.Rows);
            rows.Body.Length.ShouldBeLessThan(2 * Frames.Rows);
        }

        // No more until one is used up; what else is asked is answered meanwhile.
        await raw.WriteAsync(TransactionBody.Pack(FrameKind.Execute, 2, [new(Add, ["a", "1"])], null), Cancel);
        (await frames.ReadAsync(Cancel)).ShouldNotBeNull().Id.ShouldBe(2);
        await raw.WriteAsync(Packer.Plain(FrameKind.Credit, 1), Cancel);
        (await frames.ReadAsync(Cancel)).ShouldNotBeNull().Kind.ShouldBe(FrameKind.Rows);
        await raw.WriteAsync(Packer.Plain(FrameKind.Cancel, 1), Cancel);
        (await frames.ReadAsync(Cancel)).ShouldNotBeNull().Kind.ShouldBe(FrameKind.Refused);
    }

    [Fact]
    public async Task A_read_that_is_left_early_ends_and_a_long_one_has_all_its_rows()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        for (var i = 0; i < 20; i++)
        {
            await foreach (var row in client.QueryAsync(new(Endless + "SELECT i FROM n", []), cancellationToken: Cancel))
            {
                row[0].ShouldBe(1L);
                break;
            }
        }

        var sum = 0L;
        await foreach (var row in client.QueryAsync(new(Endless + "SELECT i FROM n LIMIT 200000", []), cancellationToken: Cancel))
        {
            sum += (long)row[0]!;
        }

        sum.ShouldBe(200_000L * 200_001 / 2);
        (await Should.ThrowAsync<QueueRefusedException>(async () => await client.QueryAsync(new("DELETE FROM changes", []), cancellationToken: Cancel).ToListAsync(Cancel))).Message.ShouldContain("only reads");
    }

    [Fact]
    public async Task A_running_statement_that_is_withdrawn_is_interrupted_and_undone_and_its_neighbours_are_not()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        await using var other = await queue.ConnectAsync();
        using var withdraw = new CancellationTokenSource();
        var endless = client.ExecuteAsync([new(Add, ["endless", "1"]), new("INSERT INTO changes (kind, path) " + Endless + "SELECT 'endless', CAST(count(*) AS TEXT) FROM n", [])], withdraw.Token);
        var waiting = Enumerable.Range(0, 10).Select(i => other.ExecuteAsync([new(Add, ["other", $"{i}"])], Cancel)).ToArray();
        await withdraw.CancelAsync();
        (await Should.ThrowAsync<OperationCanceledException>(endless)).CancellationToken.ShouldBe(withdraw.Token);
        await Task.WhenAll(waiting);
        using var reading = queue.Read();
        reading.Scalar("SELECT count(*) FROM changes WHERE kind = 'endless'").ShouldBe(0L);
        reading.Scalar("SELECT count(*) FROM changes WHERE kind = 'other'").ShouldBe(10L);
    }

    [Fact]
    public async Task A_request_that_waits_is_withdrawn_at_once_and_never_done()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        await using var other = await queue.ConnectAsync();
        using var withdraw = new CancellationTokenSource();
        await using (var open = await other.BeginAsync(Cancel))
        {
            var waiting = Enumerable.Range(0, 100).Select(i => client.ExecuteAsync([new(Add, ["withdrawn", $"{i}"])], withdraw.Token)).ToArray();
            await withdraw.CancelAsync();
            foreach (var request in waiting)
            {
                await Should.ThrowAsync<OperationCanceledException>(request.WaitAsync(TimeSpan.FromSeconds(30), Cancel));
            }

            await open.CommitAsync();
        }

        await client.ExecuteAsync([new(Add, ["after", "1"])], Cancel);
        using var reading = queue.Read();
        reading.Rows("SELECT kind FROM changes", row => row.GetString(0)).ShouldBe(["after"]);
    }

    [Fact]
    public async Task A_deadline_that_passes_just_as_the_statement_begins_ends_it_too()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        for (var i = 0; i < 150; i++)
        {
            await Should.ThrowAsync<TimeoutException>(async () => await client.QueryAsync(new(Endless + "SELECT count(*) FROM n", []), TimeSpan.FromMilliseconds(0.2 + (i * 0.02)), Cancel).ToListAsync(Cancel));
        }
    }

    [Fact]
    public async Task A_request_whose_deadline_passes_is_not_done_whether_it_waits_or_runs()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        (await Should.ThrowAsync<TimeoutException>(client.ExecuteAsync([new("INSERT INTO changes (kind, path) " + Endless + "SELECT 'late', CAST(count(*) AS TEXT) FROM n", [])], TimeSpan.FromMilliseconds(50), Cancel))).Message.ShouldContain("nothing was done");
        await Should.ThrowAsync<TimeoutException>(async () => await client.QueryAsync(new(Endless + "SELECT count(*) FROM n", []), TimeSpan.FromMilliseconds(50), Cancel).ToListAsync(Cancel));
        await client.ExecuteAsync([new(Add, ["in time", "1"])], TimeSpan.FromMinutes(1), Cancel);
        using var reading = queue.Read();
        reading.Rows("SELECT kind FROM changes", row => row.GetString(0)).ShouldBe(["in time"]);
    }

    [Fact]
    public async Task A_queue_of_another_version_is_told_from_one_that_is_not_there()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        await socket.ConnectAsync(QueueAddress.Of(queue.Data), Cancel);
        await using var old = new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        await old.WriteAsync(new byte[] { (byte)'C', (byte)'Q', 1, 0 }, Cancel);
        await Frames.HearHelloAsync(old, Cancel);
        (await old.ReadAsync(new byte[1], Cancel)).ShouldBe(0);
        queue.Told.ShouldContain(line => line.Contains("version 1"));
    }
}

public sealed class ProxyTestsOnSqlite() : ProxyTests(DatabaseKind.Sqlite);

public sealed class ProxyTestsOnPostgres() : ProxyTests(DatabaseKind.Postgres);
