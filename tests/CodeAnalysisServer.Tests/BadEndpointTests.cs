using CodeAnalysisServer.Vectorization;
using CodeAnalysisServer.Vectorization.Embedding;
using WorkerManagement.Tests;

namespace CodeAnalysisServer.Tests;

/// <summary>Whatever an endpoint does: the worker stays, says what is wrong, stores nothing wrong, and goes on when it can.</summary>
public sealed class BadEndpointTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_it_is_down_it_is_asked_less_and_less_and_then_all_is_embedded()
    {
        var port = FreePort.Next();
        await using var fixture = await EmbeddingFixture.StartAsync();
        await fixture.WorkAsync($"openai:http://127.0.0.1:{port}#m");
        await fixture.WriteAsync("a", "one", "two");
        var status = await fixture.StatusAsync("cannot be asked");
        status.ShouldContain("next try in");
        await fixture.StatusAsync("cannot be asked");
        fixture.Count("vectors").ShouldBe(0);
        await using var endpoint = new EmbeddingEndpoint(port);
        await fixture.AllEmbeddedAsync();
        fixture.Count("vectors").ShouldBe(2);
    }

    [Fact]
    public async Task It_waits_as_long_as_it_is_asked_to()
    {
        var asked = new List<long>();
        await using var endpoint = new EmbeddingEndpoint();
        endpoint.Answer = (texts, _) =>
        {
            asked.Add(Environment.TickCount64);
            return Task.FromResult(asked.Count == 1 ? new EndpointAnswer(429, "slow down", "1") : EmbeddingEndpoint.Good(texts));
        };
        await using var fixture = await EmbeddingFixture.StartAsync();
        await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}#m");
        await fixture.WriteAsync("a", "one");
        (await fixture.StatusAsync("429")).ShouldContain("next try in 1 s");
        await fixture.AllEmbeddedAsync();
        asked.Count.ShouldBe(2);
        (asked[1] - asked[0]).ShouldBeGreaterThanOrEqualTo(950);
    }

    [Theory]
    [InlineData("garbage", "does not answer JSON")]
    [InlineData("{\"data\":[{\"index\":0,\"embedding\":[NaN,1,2]}]}", "does not answer JSON")]
    [InlineData("{\"error\":\"no\"}", "without embeddings")]
    [InlineData("{\"data\":[]}", "0 vectors came")]
    [InlineData("{\"data\":[{\"index\":0,\"embedding\":[]}]}", "0 numbers")]
    [InlineData("{\"data\":[{\"index\":0,\"embedding\":[1e999,1,2]}]}", "")]
    [InlineData("{\"data\":[{\"index\":0,\"embedding\":null}]}", "without embeddings")]
    public async Task Garbage_is_told_and_not_stored(string body, string told)
    {
        var good = false;
        await using var endpoint = new EmbeddingEndpoint();
        endpoint.Answer = (texts, _) => Task.FromResult(Volatile.Read(ref good) ? EmbeddingEndpoint.Good(texts) : new EndpointAnswer(200, body));
        await using var fixture = await EmbeddingFixture.StartAsync();
        await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}#m");
        await fixture.WriteAsync("a", "one");
        (await fixture.StatusAsync("no embeddings now")).ShouldContain(told);
        (fixture.Count("vectors"), fixture.Count("dead_letters")).ShouldBe((0, 0));
        Volatile.Write(ref good, true);
        await fixture.AllEmbeddedAsync();
        fixture.Count("vectors").ShouldBe(1);
    }

    [Fact]
    public async Task Vectors_of_another_length_are_told_and_not_stored()
    {
        var dimensions = 3;
        await using var endpoint = new EmbeddingEndpoint();
        endpoint.Answer = (texts, _) => Task.FromResult(EmbeddingEndpoint.Good(texts, Volatile.Read(ref dimensions)));
        await using var fixture = await EmbeddingFixture.StartAsync();
        await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}#m");
        await fixture.WriteAsync("a", "one");
        await fixture.AllEmbeddedAsync();
        Volatile.Write(ref dimensions, 5);
        await fixture.WriteAsync("b", "two");
        (await fixture.StatusAsync("no embeddings now")).ShouldContain("a vector of 5 numbers came, where those of this model have 3");
        fixture.Count("vectors").ShouldBe(1);
        Volatile.Write(ref dimensions, 3);
        await fixture.AllEmbeddedAsync();
        fixture.Count("vectors WHERE length(embedding) = 12").ShouldBe(2);
    }

    [Fact]
    public async Task One_text_that_is_refused_is_given_up_alone_and_tried_again_on_command()
    {
        var refuse = true;
        await using var endpoint = new EmbeddingEndpoint();
        endpoint.Answer = (texts, _) => Task.FromResult(Volatile.Read(ref refuse) && texts.Contains("poison") ? new EndpointAnswer(400, "input too long") : EmbeddingEndpoint.Good(texts));
        await using var fixture = await EmbeddingFixture.StartAsync();
        await fixture.WriteAsync("a", "one", "two", "poison", "three", "four");
        var stop = await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}#m");
        await fixture.AllEmbeddedAsync();
        fixture.Count("vectors").ShouldBe(4);
        using (var reading = fixture.Read())
        {
            var letter = DeadLetters.All(reading).ShouldHaveSingleItem();
            (letter.Path, letter.Tries).ShouldBe(("a", 3L));
            letter.Reason.ShouldContain("input too long");
        }

        await fixture.StatusAsync("1 given up");
        // Neither its file's next version nor another start tries it again; a command does.
        await stop();
        await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}#m");
        var before = endpoint.Requests.Count;
        await fixture.WriteAsync("b", "poison", "five");
        await fixture.UntilAsync(reading => Storage.ConnectionExtensions.Scalar(reading, "SELECT count(*) FROM vectors") is 5L);
        endpoint.Requests.Skip(before).SelectMany(texts => texts).ShouldBe(["five"]);
        Volatile.Write(ref refuse, false);
        await fixture.Client.ExecuteAsync(DeadLetters.Retry, Cancel);
        await fixture.UntilAsync(reading => Storage.ConnectionExtensions.Scalar(reading, "SELECT count(*) FROM vectors") is 6L);
        fixture.Count("dead_letters").ShouldBe(0);
    }

    [Fact]
    public async Task Fewer_vectors_than_texts_are_not_guessed_to_texts()
    {
        await using var endpoint = new EmbeddingEndpoint();
        endpoint.Answer = (texts, _) => Task.FromResult(EmbeddingEndpoint.Good(texts.Length > 1 ? texts[..^1] : texts));
        await using var fixture = await EmbeddingFixture.StartAsync();
        await fixture.WriteAsync("a", "one", "three", "longest");
        await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}#m");
        await fixture.AllEmbeddedAsync();
        // Asked for one by one, each has its own.
        fixture.Count("(SELECT DISTINCT embedding FROM vectors)").ShouldBe(3);
        fixture.Count("dead_letters").ShouldBe(0);
    }

    [Fact]
    public async Task A_slow_one_is_not_waited_for_without_end()
    {
        var slow = true;
        await using var endpoint = new EmbeddingEndpoint();
        endpoint.Answer = async (texts, stopped) =>
        {
            await (Volatile.Read(ref slow) ? Task.Delay(Timeout.Infinite, stopped) : Task.CompletedTask);
            return EmbeddingEndpoint.Good(texts);
        };
        await using var fixture = await EmbeddingFixture.StartAsync();
        await fixture.WriteAsync("a", "one");
        var patience = new Patience { First = TimeSpan.FromMilliseconds(20), Longest = TimeSpan.FromMilliseconds(100), Break = TimeSpan.FromMilliseconds(500), Request = TimeSpan.FromMilliseconds(300) };
        var stop = await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}#m", patience: patience);
        (await fixture.StatusAsync("no embeddings now")).ShouldContain("did not answer within 0.3 s");
        await stop();
        Volatile.Write(ref slow, false);
        await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}#m");
        await fixture.AllEmbeddedAsync();
    }

    [Fact]
    public async Task The_key_is_sent_and_nowhere_told()
    {
        const string Key = "sk-very-secret";
        await using var endpoint = new EmbeddingEndpoint { Answer = (_, _) => Task.FromResult(new EndpointAnswer(401, $"the key {Key} is wrong")) };
        await using var fixture = await EmbeddingFixture.StartAsync();
        await fixture.WriteAsync("a", "one");
        await fixture.WorkAsync($"openai:http://127.0.0.1:{endpoint.Port}#m", Key);
        var status = await fixture.StatusAsync("401");
        status.ShouldContain(EmbeddingChoice.KeyVariable);
        status.ShouldNotContain(Key);
        endpoint.Heads.ShouldContain(head => head.Contains($"Authorization: Bearer {Key}", StringComparison.OrdinalIgnoreCase));
    }
}
