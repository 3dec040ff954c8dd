using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Tests;

public sealed class SearchTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("s-").FullName;
    private readonly SqliteConnection _database;

    public SearchTests()
    {
        _database = Schema.OpenForWriting(_data, _ => { });
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
    public void Words_and_parts_of_identifiers_are_found(string query, string path) => Searcher.FullText(_database, query, 10).Select(hit => hit.Path).ShouldContain(path);

    [Theory]
    [InlineData("HttpClientFactory plain sha256 foo_bar x1 A ABC XMLReader", "http client factory sha xml reader")]
    [InlineData("größeÄnderung", "größe änderung")]
    [InlineData("", "")]
    public void Only_what_the_tokenizer_does_not_see_is_indexed_beside_the_text(string text, string parts) => string.Join(' ', Words.PartsWithin(text)).ShouldBe(parts);

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
        foreach (var search in (Func<SqliteConnection, string, int, List<SearchHit>>[])[Searcher.FullText, Searcher.Semantic, Searcher.Hybrid])
        {
            search(_database, query, 10).ShouldNotBeNull();
        }
    }

    [Fact]
    public void Very_long_queries_are_no_error()
    {
        foreach (var query in (string[])[new string('x', 1000), string.Join(' ', Enumerable.Range(0, 500).Select(i => $"w{i}")), string.Join(' ', Enumerable.Repeat("aB", 400)), new string('"', 1000), new string('(', 1000)])
        {
            Searcher.FullText(_database, query, 10).ShouldBeEmpty();
            Searcher.Hybrid(_database, query, 10).ShouldNotBeNull();
        }
    }

    [Fact]
    public void A_snippet_of_a_huge_line_is_short_and_shows_the_match()
    {
        var hit = Searcher.FullText(_database, "quagga", 10).ShouldHaveSingleItem();
        hit.Snippet.Length.ShouldBeLessThan(300);
        hit.Snippet.ShouldContain("quagga");
        (hit.StartLine, hit.EndLine).ShouldBe((1, 1));
    }

    [Fact]
    public void Vectors_of_another_size_are_passed_over()
    {
        _database.Run("UPDATE vectors SET embedding = x'00112233' WHERE chunk_id = 1");
        Searcher.Semantic(_database, "http client", 10).Select(hit => hit.Path).ShouldNotContain("a.cs");
    }

    [Fact]
    public void Hybrid_has_what_both_find_first()
    {
        var hits = Searcher.Hybrid(_database, "http client factory", 10);
        hits[0].Path.ShouldBe("a.cs");
        hits.Select(hit => hit.Score).ShouldBeInOrder(SortDirection.Descending);
    }

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private void Add(string path, string text)
    {
        _database.Run("INSERT INTO files (root, path, hash, size, modified) VALUES ('/r', $1, '', 0, 0)", path);
        _database.Run(
            "INSERT INTO chunks (file_id, start_line, end_line, text, words, hash) VALUES (last_insert_rowid(), 1, $1, $2, $3, $2)",
            text.Split('\n').Length, text, string.Join(' ', Words.PartsWithin(text)));
        _database.Run("INSERT INTO vectors (chunk_id, hash, embedding) SELECT max(id), $1, $2 FROM chunks", text, Embedder.ToBytes(Embedder.Embed(text)));
    }
}
