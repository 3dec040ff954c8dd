using System.Text.Json;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Tests;

namespace EndToEnd.Tests;

/// <summary>The whole server with a model of its own.</summary>
public sealed class OnnxTests : ServerFixture
{
    [Fact]
    public async Task A_model_in_a_file_embeds_texts_and_queries_and_another_file_takes_its_place_while_it_answers()
    {
        var models = Path.Combine(Data, "given");
        await new OnnxModel(4).WriteAsync(models);
        await WriteAsync("a.txt", "okapi okapi okapi\n");
        await WriteAsync("b.txt", "zebra zebra zebra\n");
        await WriteAsync("c.txt", "grass grass grass\n");
        await using var server = Serve("--embedding", $"onnx:{models}#tiny");
        using var http = await ConnectAsync(server);
        var before = await StatusAsync(http, AllReady);
        await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM chunks c JOIN vectors v ON v.hash = c.hash WHERE length(v.embedding) = 16") is 3L);
        await new OnnxModel(6) { Seed = 2, Whole = true }.WriteAsync(models);
        // The first query: the server loads the model that answers, whose file is gone from where it was.
        await FindsAsync(http);
        using (var restart = await http.PostAsync(new Uri("/v1/workers/vectorization_main/restart", UriKind.Relative), null, Cancel))
        {
            restart.EnsureSuccessStatusCode();
        }

        await FindsAsync(http);
        await StatusAsync(http, AllReady);
        await DatabaseAsync(reading => reading.Scalar("SELECT group_concat(state || ' ' || dimensions) FROM models") is "answering 6" && reading.Scalar("SELECT count(*) FROM vectors WHERE length(embedding) = 24") is 3L);
        await FindsAsync(http);
        using (var reading = Schema.TryOpenForReading(Data).ShouldNotBeNull())
        {
            reading.Scalar("SELECT name FROM models").ShouldBeOfType<string>().ShouldStartWith("onnx:tiny@");
        }

        var after = await StatusAsync(http, AllReady);
        PidOf(after, "file_watcher").ShouldBe(PidOf(before, "file_watcher"));
        (await server.SignalAsync(15)).ShouldBe(0);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_model_that_cannot_be_used_is_refused_at_the_start()
    {
        var missing = await Executable.RunAsync("code-analysis-server", "serve", "--root", Tree, "--data", Data, "--embedding", $"onnx:{Data}/nowhere");
        missing.Code.ShouldBe(2);
        missing.Output.ShouldContain($"the model '{Data}/nowhere' does not exist");
        await new OnnxModel(4) { Inputs = ["pixel_values"] }.WriteAsync(Path.Combine(Data, "pictures"));
        var wrong = await Executable.RunAsync("code-analysis-server", "serve", "--root", Tree, "--data", Data, "--embedding", $"onnx:{Data}/pictures");
        wrong.Code.ShouldBe(2);
        wrong.Output.ShouldContain("it must have input_ids");
    }

    private static async Task FindsAsync(HttpClient http)
    {
        foreach (var (word, path) in ((string, string)[])[("okapi", "a.txt"), ("zebra", "b.txt"), ("grass", "c.txt")])
        {
            using var answer = JsonDocument.Parse(await http.GetStringAsync(new Uri($"/search/semantic?q={word}+{word}", UriKind.Relative), Cancel));
            answer.RootElement.GetProperty("hits")[0].GetProperty("path").GetString().ShouldBe(path);
        }
    }
}
