using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Jobs;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Tests;

/// <summary>The contract, and what can only be seen from within SQLite.</summary>
public sealed class DatabaseJobTestsOnSqlite() : DatabaseJobTests(DatabaseKind.Sqlite)
{
    [Theory]
    [InlineData("optimize")]
    [InlineData("rebuild_fulltext")]
    [InlineData("vacuum")]
    public async Task While_a_job_has_the_writer_the_writer_tells_that_it_lives(string type)
    {
        var told = Task.CompletedTask;
        bool? toldMeanwhile = null;
        SqliteConnection? database = null;
        await using var queue = await QueueFixture.StartAsync(prepare: opened => database = (SqliteConnection)opened, alive: task => told = task);
        await using var client = await queue.ConnectAsync();
        await client.ExecuteAsync([new("INSERT INTO files (root, path, hash, size, modified) VALUES ('/r', 'a', '', 0, 0)", []), new("INSERT INTO chunks (file_id, start_line, end_line, text, words, hash) VALUES (1, 1, 1, 'a', '', 'h')", [])], Cancel);
        // In the middle of the job; the callback lives as long as the connection.
        SQLitePCL.raw.sqlite3_progress_handler(database!.Handle, 1, _ => (toldMeanwhile ??= SpinWait.SpinUntil(() => !Volatile.Read(ref told).IsCompleted, TimeSpan.FromSeconds(10))) ? 0 : 1, null);
        await client.Jobs.AddJobAsync("one", type, cancellationToken: Cancel);
        await client.Jobs.StartJobAsync("one", Cancel);
        (await client.Jobs.WaitForJobAsync("one", Cancel)).State.ShouldBe(JobState.Completed);
        SQLitePCL.raw.sqlite3_progress_handler(database.Handle, 0, null, null);
        toldMeanwhile.ShouldBe(true);
    }
}
