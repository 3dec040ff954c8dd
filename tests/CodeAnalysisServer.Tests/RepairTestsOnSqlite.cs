using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Tests;

/// <summary>The contract, and the damage that only SQLite can have: of a full-text index beside its rows, and of pages.</summary>
public sealed class RepairTestsOnSqlite() : RepairTests(DatabaseKind.Sqlite)
{
    public static TheoryData<string, string> OwnDamages => new()
    {
        { "INSERT INTO chunk_text (chunk_text, rowid, text, words) SELECT 'delete', id, text, words FROM chunks LIMIT 1", "the full-text index lacks 1 chunks" },
        { "INSERT INTO chunk_text (rowid, text, words) VALUES (777, 'x', '')", "1 too many" },
        { "UPDATE chunk_text_data SET block = zeroblob(40) WHERE id > 10", "'chunk_text' is damaged" },
    };

    [Theory]
    [MemberData(nameof(OwnDamages))]
    public Task Damage_of_the_full_text_index_is_found_and_mended(string damage, string what) => FindAndMendAsync(damage, what);

    [Fact]
    public async Task A_damaged_page_ends_the_queue_whose_next_start_sets_the_database_aside()
    {
        string data;
        await using (var queue = await QueueFixture.StartAsync(Fill))
        {
            data = queue.Data;
            await using var client = await queue.ConnectAsync();
            queue.Database.Run("PRAGMA wal_checkpoint(TRUNCATE)");
            // An index that lacks what its table has: read by nobody, and so noticed by nobody, until somebody looks.
            queue.Database.Run("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX chunks_of_file ON chunks (start_line)' WHERE name = 'chunks_of_file'; PRAGMA writable_schema = RESET");
            var repair = Make(queue, client);
            (await repair.PlanAsync(Cancel)).ShouldContain(finding => finding.Kind == "pages");
            await repair.RunAsync(_ => { }, Cancel);
            await Should.ThrowAsync<SqliteException>(queue.Serving.WaitAsync(TimeSpan.FromSeconds(60), Cancel));
            using var next = Schema.OpenForWriting(data, queue.Told.Enqueue);
            queue.Told.ShouldContain(line => line.Contains("set aside") || line.Contains("built again"));
        }
    }
}
