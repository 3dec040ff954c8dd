using System.Data.Common;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Vectors;

namespace CodeAnalysisServer.Tests;

public abstract class SearchTests(DatabaseKind kind) : IAsyncLifetime
{
    private string _data = "";
    private OpenedDatabase _opened = null!;
    private VectorIndex _index = null!;

    protected DbConnection Database => _opened.Connection;

    public async ValueTask InitializeAsync()
    {
        _data = OpenedDatabase.DirectoryFor(kind, "s-");
        _opened = await OpenedDatabase.OpenAsync(kind, _data, _ => { });
        _index = new(_data);
        Add("a.cs", "class HttpClientFactory\n{\n    int größe;\n}");
        Add("long.js", new string('x', 5000) + " quagga " + new string('y', 5000));
        Add("b.txt", "the http request of a client\n😀 emoji");
    }

    [Theory]
    [InlineData("httpclientfactory", "a.cs")]
    [InlineData("HttpClient", "a.cs")]
    [InlineData("client http", "a.cs")]
    [InlineData("größe", "a.cs")]
    [InlineData("request", "b.txt")]
    [InlineData("http \0 request", "b.txt")]
    public void Words_and_parts_of_identifiers_are_found(string query, string path) => Searcher.FullText(Database, query, 10).Select(hit => hit.Path).ShouldContain(path);

    [Theory]
    [InlineData("HttpClientFactory plain sha256 foo_bar x1 A ABC XMLReader", "http client factory sha xml reader")]
    [InlineData("größeÄnderung", "größe änderung")]
    [InlineData("", "")]
    public void Only_what_the_tokenizer_does_not_see_is_indexed_beside_the_text(string text, string parts) => Words.PartsWithin(text).ShouldBe(parts);

    [Theory]
    [InlineData("\"")]
    [InlineData("\"unbalanced")]
    [InlineData("a AND OR NOT NEAR(")]
    [InlineData("text: words: {a b} - c")]
    [InlineData("* ^ + - ( ) { } : ' \\ ; --")]
    [InlineData("\0")]
    [InlineData("a\0b")]
    [InlineData("!!! ???")]
    [InlineData("😀")]
    [InlineData("\ud800")]
    [InlineData("'; DROP TABLE files; --")]
    public void No_query_is_an_error(string query)
    {
        Searcher.FullText(Database, query, 10).ShouldNotBeNull();
        Semantic(query).ShouldNotBeNull();
        Hybrid(query).ShouldNotBeNull();
    }

    [Fact]
    public void Very_long_queries_are_no_error()
    {
        foreach (var query in (string[])[new string('x', 1000), string.Join(' ', Enumerable.Range(0, 500).Select(i => $"w{i}")), string.Join(' ', Enumerable.Repeat("aB", 400)), new string('"', 1000), new string('(', 1000)])
        {
            Searcher.FullText(Database, query, 10).ShouldNotBeNull();
            Hybrid(query).ShouldNotBeNull();
        }
    }

    [Fact]
    public void A_snippet_of_a_huge_line_is_short_and_shows_the_match()
    {
        var hit = Searcher.FullText(Database, "quagga", 10).ShouldHaveSingleItem();
        hit.Snippet.Length.ShouldBeLessThan(300);
        hit.Snippet.ShouldContain("quagga");
        (hit.StartLine, hit.EndLine).ShouldBe((1, 1));
    }

    [Fact]
    public void Vectors_of_another_size_are_passed_over()
    {
        Database.Run("UPDATE vectors SET embedding = $1 WHERE id = 1", new byte[] { 0, 0x11, 0x22, 0x33 });
        Semantic("http client").Select(hit => hit.Path).ShouldNotContain("a.cs");
    }

    [Fact]
    public void Hybrid_has_what_both_find_first()
    {
        var hits = Hybrid("http client factory");
        hits[0].Path.ShouldBe("a.cs");
        hits.Select(hit => hit.Score).ShouldBeInOrder(SortDirection.Descending);
        hits[0].Matched.Words.ShouldBe(["http", "client", "factory"]);
        (hits[0].Matched.WordRank, hits[0].Matched.LikenessRank).ShouldBe((1, 1));
        hits[0].Matched.Likeness!.Value.ShouldBeInRange(0.01, 1);
    }

    [Theory]
    [InlineData("httpCli", "a.cs")]
    [InlineData("requ", "b.txt")]
    [InlineData("which factories create clients over http", "a.cs")]
    [InlineData("Requests of the nonexistent", "b.txt")]
    public void Beginnings_and_most_of_the_words_are_found_too(string query, string path) => Searcher.FullText(Database, query, 10).Select(hit => hit.Path).ShouldContain(path);

    [Fact]
    public void What_has_all_words_comes_before_what_has_some()
    {
        Add("some.txt", string.Concat(Enumerable.Repeat("client client client\n", 20)));
        var hits = Searcher.FullText(Database, "http client request", 10);
        hits[0].Path.ShouldBe("b.txt");
        hits.Select(hit => hit.Score).ShouldBeInOrder(SortDirection.Descending);
        hits.Single(hit => hit.Path == "some.txt").Matched.Words.ShouldBe(["client"]);
    }

    [Fact]
    public void Pages_follow_on_each_other_without_gap_or_repetition()
    {
        for (var i = 0; i < 25; i++)
        {
            Add($"many{i}.txt", $"okapi number {i}");
        }

        foreach (var search in (Func<int, int, List<SearchHit>>[])[(limit, skip) => Searcher.FullText(Database, "okapi", limit, skip), (limit, skip) => Searcher.Semantic(Database, Vector("okapi"), "okapi", limit, skip), (limit, skip) => Searcher.Hybrid(Database, Vector("okapi"), "okapi", limit, skip)])
        {
            var all = search(25, 0).Select(hit => hit.Path).ToArray();
            Enumerable.Range(0, 5).SelectMany(page => search(5, page * 5)).Select(hit => hit.Path).ShouldBe(all);
            all.Distinct().Count().ShouldBe(25);
        }
    }

    [Fact]
    public void One_vector_stands_for_every_chunk_with_its_text()
    {
        Add("copy.cs", "class HttpClientFactory\n{\n    int größe;\n}");
        Semantic("http client factory").Take(2).Select(hit => hit.Path).ShouldBe(["a.cs", "copy.cs"], ignoreOrder: true);
        Database.Scalar("SELECT count(*) FROM vectors").ShouldBe(3L);
    }

    public async ValueTask DisposeAsync()
    {
        _index.Dispose();
        await _opened.Engine.DisposeAsync();
        _opened.Dispose();
        Directory.Delete(_data, recursive: true);
        GC.SuppressFinalize(this);
    }

    private void Add(string path, string text)
    {
        Database.Run("INSERT INTO files (root, path, hash, size, modified) VALUES ('/r', $1, '', 0, 0)", path);
        Database.Run(
            "INSERT INTO chunks (file_id, start_line, end_line, text, words, hash) VALUES ((SELECT max(id) FROM files), 1, $1, $2, $3, $2)",
            text.Split('\n').Length, text, Words.PartsWithin(text));
        Database.Run("INSERT INTO models (name, dimensions, state) VALUES ($1, $2, 'answering') ON CONFLICT DO NOTHING", Embedder.Name, Embedder.Dimensions);
        Database.Run("INSERT INTO vectors (model_id, hash, embedding) SELECT min(id), $1, $2 FROM models WHERE true ON CONFLICT DO NOTHING", text, Embedder.ToBytes(Embedder.Embed(text)));
    }

    private VectorQuery Vector(string query) => new(_index, EmbeddingModel.Answering(Database).ShouldNotBeNull(), Embedder.Embed(query));

    private List<SearchHit> Semantic(string query) => Searcher.Semantic(Database, Vector(query), query, 10);

    private List<SearchHit> Hybrid(string query) => Searcher.Hybrid(Database, Vector(query), query, 10);
}

public sealed class SearchTestsOnSqlite() : SearchTests(DatabaseKind.Sqlite)
{
    // Twice what is ranked whole.
    private const int Many = 12_100;

    [Fact]
    public void Of_a_word_that_very_many_chunks_have_the_entity_of_that_name_comes_first_and_each_chunk_once()
    {
        Database.Run($"""
            INSERT INTO files (root, path, hash, size, modified) VALUES ('/root', 'many.cs', '', 0, 0);
            INSERT INTO entities (id, file_id, kind, name, qualified_name, signature, start_line, end_line, lines, language)
                SELECT 77, id, 'class', 'Common', 'N.Common', 'class Common', 5000, 5000, 1, 'C#' FROM files WHERE path = 'many.cs';
            INSERT INTO chunks (file_id, start_line, end_line, text, words, hash, entity_id)
                WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {Many})
                SELECT f.id, n, n, 'common text of line ' || n || CASE WHEN n = 5000 THEN ' which is longer than the others, and so ranked behind them' ELSE '' END, '', n, CASE WHEN n = 5000 THEN 77 END FROM numbers, files f WHERE f.path = 'many.cs';
            """);
        Searcher.FullText(Database, "common", 10)[0].StartLine.ShouldBe(5000);
        var lines = new List<int>();
        for (var page = 0; page * 2000 < Many; page++)
        {
            lines.AddRange(Searcher.FullText(Database, "common", 2000, page * 2000).Select(hit => hit.StartLine));
        }

        lines.Order().ShouldBe(Enumerable.Range(1, Many));
        Searcher.FullText(Database, "common line 4711", 10)[0].StartLine.ShouldBe(4711);
    }
}

public sealed class SearchTestsOnPostgres() : SearchTests(DatabaseKind.Postgres);
