using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Tests;

public abstract class InteractiveTests(DatabaseKind kind)
{
    private const string Add = "INSERT INTO changes (kind, path) VALUES ($1, $2)";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_reads_what_it_wrote_and_nobody_else_does_before_the_commit()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        using var reading = queue.Read();
        await using var open = await client.BeginAsync(Cancel);
        var id = (await open.ExecuteAsync([new(Add, ["a", "1"])], Cancel)).LastRowId;
        (await open.QueryAsync(new("SELECT path FROM changes WHERE id = $1", [id]), Cancel)).ShouldHaveSingleItem()[0].ShouldBe("1");
        reading.Scalar("SELECT count(*) FROM changes").ShouldBe(0L);
        await open.CommitAsync();
        reading.Scalar("SELECT count(*) FROM changes").ShouldBe(1L);
    }

    [Fact]
    public async Task A_step_that_fails_is_undone_alone_and_a_roll_back_undoes_all()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        await using (var open = await client.BeginAsync(Cancel))
        {
            await open.ExecuteAsync([new(Add, ["kept", "1"])], Cancel);
            await Should.ThrowAsync<QueueRefusedException>(open.ExecuteAsync([new(Add, ["undone", "2"]), new("INSERT INTO nowhere VALUES (1)", [])], Cancel));
            await Should.ThrowAsync<QueueRefusedException>(open.ExecuteAsync([new("COMMIT", [])], Cancel));
            await Should.ThrowAsync<QueueRefusedException>(open.QueryAsync(new("DELETE FROM changes", []), Cancel));
            await open.CommitAsync();
        }

        await using (var open = await client.BeginAsync(Cancel))
        {
            await open.ExecuteAsync([new(Add, ["rolled back", "1"])], Cancel);
        }

        await client.ExecuteAsync([new(Add, ["after", "1"])], Cancel);
        using var reading = queue.Read();
        reading.Rows("SELECT kind FROM changes ORDER BY id", row => row.GetString(0)).ShouldBe(["kept", "after"]);
    }

    [Fact]
    public async Task A_caller_that_leaves_or_is_silent_loses_it_and_the_others_go_on()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
        await using var client = await queue.ConnectAsync();
        await using var other = await queue.ConnectAsync();
        var leaving = await queue.ConnectAsync();
        var left = await leaving.BeginAsync(Cancel);
        await left.ExecuteAsync([new(Add, ["left", "1"])], Cancel);
        await leaving.DisposeAsync();
        await client.ExecuteAsync([new(Add, ["a", "1"])], Cancel);
        await using var silent = await other.BeginAsync(Cancel);
        await silent.ExecuteAsync([new(Add, ["silent", "1"])], Cancel);
        await client.ExecuteAsync([new(Add, ["b", "1"])], Cancel).WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        (await Should.ThrowAsync<QueueRefusedException>(silent.CommitAsync())).Message.ShouldContain("silent");
        using var reading = queue.Read();
        reading.Rows("SELECT kind FROM changes ORDER BY id", row => row.GetString(0)).ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task Eight_clients_that_count_up_together_lose_no_count()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind, prepare: database => database.Run("CREATE TABLE counter (n BIGINT); INSERT INTO counter VALUES (0)"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var client = await queue.ConnectAsync();
            for (var i = 0; i < 25; i++)
            {
                await using var open = await client.BeginAsync(Cancel);
                var n = (long)(await open.QueryAsync(new("SELECT n FROM counter", []), Cancel))[0][0]!;
                await open.ExecuteAsync([new("UPDATE counter SET n = $1", [n + 1])], Cancel);
                await open.CommitAsync();
            }
        }));
        using var reading = queue.Read();
        reading.Scalar("SELECT n FROM counter").ShouldBe(200L);
    }
}

public sealed class InteractiveTestsOnSqlite() : InteractiveTests(DatabaseKind.Sqlite);

public sealed class InteractiveTestsOnPostgres() : InteractiveTests(DatabaseKind.Postgres);
