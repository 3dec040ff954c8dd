using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CodeAnalysisServer.Tests;

/// <summary>The contract, and what is SQLite's alone: its file, its log.</summary>
public sealed class QueueTestsOnSqlite() : QueueTests(DatabaseKind.Sqlite)
{
    [Fact]
    public async Task A_full_disk_refuses_what_does_not_fit_and_recovers()
    {
        await using var queue = await QueueFixture.StartAsync(database => database.Run("PRAGMA max_page_count = 200"));
        await using var client = await queue.ConnectAsync();
        var large = client.ExecuteAsync([new(Add, ["large", new string('x', 2_000_000)])], Cancel);
        var small = client.ExecuteAsync([new(Add, ["small", "x"])], Cancel);
        (await Should.ThrowAsync<QueueRefusedException>(large)).Message.ShouldContain("full");
        await small;
        queue.Serving.IsCompleted.ShouldBeFalse();
        using var reading = queue.Read();
        reading.Rows("SELECT kind FROM changes", row => row.GetString(0)).ShouldBe(["small"]);
        reading.Scalar("PRAGMA integrity_check").ShouldBe("ok");
    }

    [Fact]
    public async Task A_commit_that_fails_is_answered_to_everybody()
    {
        var refuse = true;
        await using var queue = await QueueFixture.StartAsync(database => raw.sqlite3_commit_hook(((SqliteConnection)database).Handle, _ => refuse ? 1 : 0, null));
        await using var client = await queue.ConnectAsync();
        await Should.ThrowAsync<QueueRefusedException>(client.ExecuteAsync([new(Add, ["a", "1"])], Cancel));
        refuse = false;
        await client.ExecuteAsync([new(Add, ["b", "2"])], Cancel);
        using var reading = queue.Read();
        reading.Rows("SELECT kind FROM changes", row => row.GetString(0)).ShouldBe(["b"]);
    }

    [Fact]
    public async Task A_second_queue_on_the_same_data_is_refused()
    {
        await using var queue = await QueueFixture.StartAsync();
        using var owner = new FileStream(Path.Combine(queue.Data, "queue.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        (await Should.ThrowAsync<InvalidOperationException>(SqliteQueueWorker.RunAsync(new(queue.Data)))).Message.ShouldContain("another process owns the index");
    }

    [Fact]
    public async Task The_log_is_cut_while_readers_come_and_go()
    {
        await using var queue = await QueueFixture.StartAsync();
        await using var client = await queue.ConnectAsync();
        using var stop = new CancellationTokenSource();
        // There is never a moment without a reader in its transaction.
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var reading = queue.Read();
                reading.Rows("SELECT kind FROM changes ORDER BY id DESC LIMIT 50", row => row.GetString(0));
            }
        })).ToArray();
        // However slowly the readers are scheduled, it does not hold everything that was written for long.
        const int size = 3_000_000;
        var (written, length) = (0L, 0L);
        while ((written < 20L * size || length > written / 2) && written < 300L * size)
        {
            await client.ExecuteAsync([new(Add, ["a", new string((char)('a' + written / size % 26), size)]), new("DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - $1", [3L])], Cancel);
            written += size;
            length = new FileInfo(Path.Combine(queue.Data, "index.db-wal")).Length;
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
        length.ShouldBeLessThan(written / 2);
    }

    [Fact]
    public async Task A_database_that_cannot_be_written_any_more_ends_the_queue_and_tells_everybody()
    {
        await using var queue = await QueueFixture.StartAsync();
        await using var client = await queue.ConnectAsync();
        await client.ExecuteAsync([new(Add, ["a", "1"])], Cancel);
        // Read-only from here on: as a file system that was remounted after an error.
        queue.Database.Run("PRAGMA query_only = ON");
        var answers = Enumerable.Range(0, 20).Select(_ => client.ExecuteAsync([new(Add, ["b", "2"])], Cancel)).ToArray();
        foreach (var answer in answers)
        {
            (await Record.ExceptionAsync(() => answer.WaitAsync(TimeSpan.FromSeconds(30), Cancel))).ShouldNotBeNull().ShouldNotBeOfType<TimeoutException>();
        }

        await client.Closed.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        await Should.ThrowAsync<SqliteException>(queue.Serving.WaitAsync(TimeSpan.FromSeconds(30), Cancel));
        await Should.ThrowAsync<IOException>(client.ExecuteAsync([new(Add, ["c", "3"])], Cancel));
    }
}
