using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Vectors;
using CodeAnalysisServer.Vectorization;
using CodeAnalysisServer.Vectorization.Embedding;

namespace CodeAnalysisServer.Tests;

/// <summary>Each text is embedded once, by the model that was chosen, and what is not needed goes.</summary>
public abstract class EmbeddingTests(DatabaseKind kind)
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_text_is_never_embedded_twice()
    {
        await using var endpoint = new EmbeddingEndpoint();
        await using var fixture = await EmbeddingFixture.StartAsync(kind);
        var stop = await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}/v1#m");
        await fixture.WriteAsync("a", "one", "two", "two");
        await fixture.AllEmbeddedAsync();
        await fixture.WriteAsync("copy", "one", "three");
        await fixture.AllEmbeddedAsync();
        await fixture.DeleteAsync("a");
        await fixture.WriteAsync("a", "two", "one");
        await stop();
        await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}/v1#m");
        await fixture.WriteAsync("a", "one", "two", "four");
        await fixture.AllEmbeddedAsync();
        endpoint.Requests.SelectMany(texts => texts).Order().ShouldBe(["four", "one", "three", "two"]);
        endpoint.Heads.ShouldAllBe(head => head.StartsWith("POST /v1/embeddings HTTP/1.1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_of_many_texts_gets_its_own_vector()
    {
        await using var fixture = await EmbeddingFixture.StartAsync(kind);
        // More than two batches, and no whole number of rows to a statement.
        string[] texts = [.. Enumerable.Range(0, 2477).Select(number => $"text {number} of those that wait")];
        await fixture.WriteAsync("a", texts);
        await fixture.WorkAsync("builtin");
        await fixture.AllEmbeddedAsync();
        using var reading = fixture.Read();
        var vectors = reading.Rows("SELECT hash, embedding FROM vectors", row => (Hash: row.GetString(0), Vector: row.GetFieldValue<byte[]>(1))).ToDictionary(row => row.Hash, row => row.Vector);
        vectors.Count.ShouldBe(texts.Length);
        texts.ShouldAllBe(text => Similar(vectors["h:" + text], Embedder.Embed(text)));
    }

    [Fact]
    public async Task Vectors_of_texts_that_are_nowhere_any_more_go_after_a_while()
    {
        await using var fixture = await EmbeddingFixture.StartAsync(kind);
        await fixture.WorkAsync("builtin", grace: TimeSpan.Zero);
        await fixture.WriteAsync("a", "one", "two");
        await fixture.WriteAsync("b", "two");
        await fixture.AllEmbeddedAsync();
        await fixture.DeleteAsync("a");
        await fixture.UntilAsync(reading => reading.Rows("SELECT hash FROM vectors", row => row.GetString(0)) is ["h:two"] && reading.Scalar("SELECT count(*) FROM unused") is 0L);
    }

    [Fact]
    public async Task Vectors_of_texts_that_went_under_a_clock_set_back_since_do_not_stay_for_the_whole_jump()
    {
        await using var fixture = await EmbeddingFixture.StartAsync();
        await fixture.WorkAsync("builtin", grace: TimeSpan.FromHours(1));
        await fixture.WriteAsync("a", "one");
        await fixture.WriteAsync("b", "two");
        await fixture.AllEmbeddedAsync();
        await fixture.DeleteAsync("a");
        await fixture.DeleteAsync("b");
        await fixture.Client.ExecuteAsync([new("UPDATE unused SET since = unixepoch() + $1 WHERE hash = 'h:one'", [TimeSpan.FromDays(400).TotalSeconds]), new("UPDATE unused SET since = unixepoch() + 60 WHERE hash = 'h:two'", [])], Cancel);
        await fixture.UntilAsync(reading => reading.Scalar("SELECT group_concat(hash) FROM vectors") is "h:two");
    }

    [Fact]
    public async Task Another_model_is_built_while_the_old_one_answers()
    {
        await using var endpoint = new EmbeddingEndpoint();
        var let = new TaskCompletionSource();
        await using var fixture = await EmbeddingFixture.StartAsync(kind);
        var stop = await fixture.WorkAsync("builtin");
        await fixture.WriteAsync("a", "one", "two");
        await fixture.AllEmbeddedAsync();
        await stop();
        var asked = new TaskCompletionSource();
        endpoint.Answer = async (texts, stopped) =>
        {
            asked.TrySetResult();
            await let.Task.WaitAsync(stopped);
            return EmbeddingEndpoint.Good(texts);
        };
        await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}#m");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        using (var reading = fixture.Read())
        {
            EmbeddingModel.Answering(reading).ShouldNotBeNull().Name.ShouldBe(Embedder.Name);
            using var index = new VectorIndex(fixture.Data);
            Searcher.Semantic(reading, new(index, EmbeddingModel.Answering(reading)!, Embedder.Embed("one")), "one", 5).ShouldNotBeEmpty();
        }

        let.SetResult();
        await fixture.UntilAsync(reading => EmbeddingModel.All(reading) is [{ State: "answering", Dimensions: 3 }]);
        fixture.Count("vectors").ShouldBe(2);
        fixture.Count("vectors WHERE length(embedding) = 12").ShouldBe(2);
    }

    [Fact]
    public async Task Back_to_the_old_model_nothing_is_embedded_anew()
    {
        await using var endpoint = new EmbeddingEndpoint { Answer = (_, _) => Task.FromResult(new EndpointAnswer(503, "not yet")) };
        await using var fixture = await EmbeddingFixture.StartAsync(kind);
        var stop = await fixture.WorkAsync("builtin");
        await fixture.WriteAsync("a", "one", "two");
        await fixture.AllEmbeddedAsync();
        await stop();
        stop = await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}#m");
        await fixture.StatusAsync("503");
        await stop();
        long last;
        using (var reading = fixture.Read())
        {
            last = (long)reading.Scalar("SELECT max(id) FROM vectors")!;
        }

        await fixture.WorkAsync("builtin");
        await fixture.WriteAsync("b", "three");
        await fixture.UntilAsync(reading => reading.Scalar("SELECT max(id) FROM vectors") as long? == last + 1 && EmbeddingModel.All(reading).Count == 1);
    }

    [Fact]
    public async Task Ollama_is_asked_in_its_own_way()
    {
        await using var endpoint = new EmbeddingEndpoint { Answer = (texts, _) => Task.FromResult(new EndpointAnswer(200, $$"""{"model":"m","embeddings":[{{string.Join(',', texts.Select(_ => "[3,4]"))}}]}""")) };
        await using var fixture = await EmbeddingFixture.StartAsync(kind);
        await fixture.WorkAsync($"ollama:http://127.0.0.1:{endpoint.Port}#m");
        await fixture.WriteAsync("a", "one");
        await fixture.AllEmbeddedAsync();
        endpoint.Heads.ShouldHaveSingleItem().ShouldStartWith("POST /api/embed HTTP/1.1");
        using var reading = fixture.Read();
        // Of length 1: 0.6 and 0.8.
        Convert.ToHexString((byte[])reading.Scalar("SELECT embedding FROM vectors")!).ShouldBe("9A99193FCDCC4C3F");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("openai:")]
    [InlineData("openai:file:///etc/passwd")]
    [InlineData("openai:http://user:secret@host/")]
    [InlineData("ollama:http://host/?key=secret")]
    public void What_is_no_embedding_is_refused_with_what_is(string text) => Should.Throw<FormatException>(() => EmbeddingChoice.Parse(text)).Message.ShouldNotContain("no message");

    [Theory]
    [InlineData("builtin")]
    [InlineData("openai:http://127.0.0.1:1/v1#m")]
    [InlineData("ollama:http://127.0.0.1:1#m:latest")]
    public void A_model_is_found_again_by_its_name(string text)
    {
        var choice = EmbeddingChoice.Parse(text);
        EmbeddingChoice.Parse(choice.Name).ShouldBe(choice);
    }

    // A stored vector was brought to length 1 once more.
    private static bool Similar(byte[] stored, float[] vector) => System.Numerics.Tensors.TensorPrimitives.CosineSimilarity<float>(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(stored), vector) > 0.9999f;
}

public sealed class EmbeddingTestsOnSqlite() : EmbeddingTests(DatabaseKind.Sqlite);

public sealed class EmbeddingTestsOnPostgres() : EmbeddingTests(DatabaseKind.Postgres);
