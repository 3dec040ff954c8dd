using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Vectorization;

namespace CodeAnalysisServer.Tests;

public sealed class WaitingTextsTests
{
    private static readonly HashSet<string> Nothing = [];

    [Fact]
    public async Task The_last_come_first_then_each_once_and_what_was_refused_at_the_end()
    {
        await using var queue = await QueueFixture.StartAsync();
        var database = queue.Database;
        string[] hashes = [.. Enumerable.Range(0, 500).Select(number => $"{number * 7919 % 500:000}")];
        Add(database, hashes);
        database.Run("UPDATE to_embed SET tries = 1 WHERE hash < '100'");
        var waiting = new WaitingTexts(database);

        var first = waiting.Next(100, Nothing);
        first.Take(32).Select(text => text.Hash).ShouldBe(hashes.Reverse().Where(hash => string.CompareOrdinal(hash, "100") >= 0).Take(32));
        first.ShouldAllBe(text => text.Text == $"text {text.Hash}" && text.Tries == 0);

        var order = new List<string>();
        for (var next = first; next.Count > 0; next = waiting.Next(100, Nothing))
        {
            next.Count.ShouldBeLessThanOrEqualTo(100);
            order.AddRange(next.Select(text => text.Hash));
            next.ForEach(text => database.Run("DELETE FROM to_embed WHERE hash = $1", text.Hash));
        }

        order.ShouldBe(hashes, ignoreOrder: true);
        order.Take(400).ShouldAllBe(hash => string.CompareOrdinal(hash, "100") >= 0);
    }

    [Fact]
    public async Task What_is_under_way_is_not_given_again_and_the_rest_fills_its_place()
    {
        await using var queue = await QueueFixture.StartAsync();
        Add(queue.Database, Enumerable.Range(0, 300).Select(number => $"{number:000}"));
        var waiting = new WaitingTexts(queue.Database);
        var underWay = new HashSet<string>();
        for (var asked = 0; underWay.Count < 300; asked++)
        {
            asked.ShouldBeLessThan(50);
            var most = asked % 2 == 0 ? 32 : 50;
            var next = waiting.Next(most, underWay).ConvertAll(text => text.Hash);
            next.Count.ShouldBeLessThanOrEqualTo(most);
            next.ShouldBeUnique();
            next.ShouldAllBe(hash => !underWay.Contains(hash));
            underWay.UnionWith(next);
        }

        waiting.Next(100, underWay).ShouldBeEmpty();
        waiting.Next(100, Nothing).Count.ShouldBeGreaterThan(32);
    }

    [Fact]
    public async Task A_tree_of_which_everything_waits_is_not_sorted_for_each_round()
    {
        await using var queue = await QueueFixture.StartAsync();
        Add(queue.Database, Enumerable.Range(0, 100).Select(number => $"{number}"));
        foreach (var sql in (string[])[WaitingTexts.Last, WaitingTexts.After])
        {
            var plan = queue.Database.Rows("EXPLAIN QUERY PLAN " + sql.Replace("$1", "100", StringComparison.Ordinal).Replace("$2", "''", StringComparison.Ordinal), row => row.GetString(3));
            plan.ShouldContain(step => step.Contains(" w USING INDEX", StringComparison.Ordinal));
            plan.ShouldNotContain(step => step.Contains("TEMP B-TREE", StringComparison.Ordinal));
        }
    }

    private static void Add(Microsoft.Data.Sqlite.SqliteConnection database, IEnumerable<string> hashes)
    {
        database.Run("INSERT INTO files (root, path, hash, size, modified) VALUES ('/r', 'p', '', 0, 0)");
        foreach (var hash in hashes)
        {
            database.Run("INSERT INTO chunks (file_id, start_line, end_line, text, words, hash) VALUES (1, 1, 1, 'text ' || $1, '', $1)", hash);
        }
    }
}
