using CodeAnalysisServer.Storage.Vectors;
using CodeAnalysisServer.Vectorization.Embedding;

namespace CodeAnalysisServer.Tests;

/// <summary>Real models, as small as they can be, in the real runtime.</summary>
public sealed class OnnxTests : IDisposable
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly string _directory = Directory.CreateTempSubdirectory("onnx-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_vector_a_token_becomes_their_mean_whatever_else_is_in_the_batch()
    {
        var model = new OnnxModel(4);
        var vectors = await EmbedAsync(model, "Okapi", "zebra eats quagga grass", "unheard-of");
        ShouldBeMean(vectors[0], model, "[CLS]", "okapi", "[SEP]");
        ShouldBeMean(vectors[1], model, "[CLS]", "zebra", "eats", "qua", "##gga", "grass", "[SEP]");
        ShouldBeMean(vectors[2], model, "[CLS]", "[UNK]", "[UNK]", "[UNK]", "[SEP]");
    }

    [Fact]
    public async Task A_vector_a_text_is_taken_as_it_is()
    {
        var model = new OnnxModel(4) { Whole = true };
        var vectors = await EmbedAsync(model, "okapi", "zebra grass");
        ShouldBeMean(vectors[1], model, "[CLS]", "zebra", "grass", "[SEP]");
        // Of the model itself: the shorter text's padding is in its mean.
        ShouldBeMean(vectors[0], model, "[CLS]", "okapi", "[SEP]", "[PAD]");
    }

    [Fact]
    public async Task More_texts_than_go_into_one_run_come_out_in_order()
    {
        var model = new OnnxModel(3);
        var vectors = await EmbedAsync(model, [.. Enumerable.Range(0, 40).Select(i => OnnxModel.Vocabulary[5 + (i % 2)])]);
        for (var i = 0; i < vectors.Length; i++)
        {
            ShouldBeMean(vectors[i], model, "[CLS]", i % 2 == 0 ? "okapi" : "zebra", "[SEP]");
        }
    }

    [Fact]
    public async Task A_text_is_cut_off_at_the_length_that_the_settings_name()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "tokenizer_config.json"), """{ "model_max_length": 4 }""", Cancel);
        ShouldBeMean((await EmbedAsync(new(4), "okapi zebra grass eats"))[0], new(4), "[CLS]", "okapi", "zebra", "[SEP]");
    }

    [Fact]
    public async Task A_text_is_cut_off_at_the_usual_length_otherwise()
    {
        var words = string.Join(' ', Enumerable.Repeat("okapi", 2000));
        ShouldBeMean((await EmbedAsync(new(4), words))[0], new(4), ["[CLS]", .. Enumerable.Repeat("okapi", 510), "[SEP]"]);
    }

    [Fact]
    public async Task A_model_of_fixed_size_and_small_numbers_gets_what_it_wants()
    {
        var model = new OnnxModel(4) { Fixed = (1, 6), Narrow = true, Inputs = ["input_ids", "attention_mask"] };
        var vectors = await EmbedAsync(model, "okapi", "zebra eats okapi grass zebra grass");
        ShouldBeMean(vectors[0], model, "[CLS]", "okapi", "[SEP]");
        ShouldBeMean(vectors[1], model, "[CLS]", "zebra", "eats", "okapi", "grass", "[SEP]");
    }

    [Fact]
    public async Task Case_counts_where_the_settings_say_so()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "tokenizer_config.json"), """{ "do_lower_case": false }""", Cancel);
        ShouldBeMean((await EmbedAsync(new(4), "Okapi"))[0], new(4), "[CLS]", "[UNK]", "[SEP]");
    }

    [Fact]
    public async Task A_token_that_the_model_lacks_is_a_refused_text()
    {
        await new OnnxModel(4) { Rows = 9 }.WriteAsync(_directory);
        using var generator = EmbeddingChoice.Parse($"onnx:{_directory}").Create(null, TimeSpan.FromSeconds(10));
        var embedding = new CheckedEmbedding(generator);
        (await embedding.EmbedAsync(["okapi"], null, Cancel)).ShouldHaveSingleItem();
        (await Should.ThrowAsync<TextsRefusedException>(() => embedding.EmbedAsync(["grass"], null, Cancel))).Message.ShouldStartWith("the model fails");
    }

    [Theory]
    [InlineData("", "has no path")]
    [InlineData("nowhere", "does not exist")]
    [InlineData("empty", "has no model.onnx")]
    [InlineData("alone/model.onnx", "there is no vocab.txt")]
    [InlineData("garbage", "is no ONNX model")]
    [InlineData("pictures", "it must have input_ids")]
    [InlineData("eight", "wants exactly 8 texts")]
    [InlineData("words", "is no vocabulary")]
    [InlineData("settings", "not a tokenizer's settings")]
    public async Task What_cannot_be_used_is_told_with_what_can(string name, string told)
    {
        var at = Path.Combine(_directory, "garbage");
        await new OnnxModel(4).WriteAsync(at);
        await File.WriteAllTextAsync(Path.Combine(at, "model.onnx"), "no model at all", Cancel);
        Directory.CreateDirectory(Path.Combine(_directory, "empty"));
        await new OnnxModel(4).WriteAsync(Path.Combine(_directory, "alone"));
        File.Delete(Path.Combine(_directory, "alone", "vocab.txt"));
        await new OnnxModel(4) { Inputs = ["pixel_values"] }.WriteAsync(Path.Combine(_directory, "pictures"));
        await new OnnxModel(4) { Fixed = (8, 6) }.WriteAsync(Path.Combine(_directory, "eight"));
        await new OnnxModel(4).WriteAsync(Path.Combine(_directory, "words"));
        await File.WriteAllLinesAsync(Path.Combine(_directory, "words", "vocab.txt"), ["one", "two"], Cancel);
        await new OnnxModel(4).WriteAsync(Path.Combine(_directory, "settings"));
        await File.WriteAllTextAsync(Path.Combine(_directory, "settings", "tokenizer_config.json"), "{", Cancel);
        Should.Throw<FormatException>(() => EmbeddingChoice.Parse("onnx:" + (name.Length > 0 ? Path.Combine(_directory, name) : "")).Create(null, TimeSpan.FromSeconds(10)).Dispose()).Message.ShouldContain(told);
    }

    [Fact]
    public async Task Another_file_is_another_model_and_the_kept_one_is_found_by_its_name()
    {
        var (models, data) = (Path.Combine(_directory, "tiny"), Path.Combine(_directory, "data"));
        await new OnnxModel(4).WriteAsync(models);
        var first = EmbeddingChoice.Parse($"onnx:{models}");
        first.Name.ShouldStartWith("onnx:tiny@");
        EmbeddingChoice.Parse(first.Argument).ShouldBe(first);
        EmbeddingChoice.Parse($"onnx:{models}/model.onnx#mine").Name.ShouldStartWith("onnx:mine@");
        first.Keep(data).Name.ShouldBe(first.Name);
        await new OnnxModel(4) { Seed = 2 }.WriteAsync(models);
        EmbeddingChoice.Parse($"onnx:{models}").Name.ShouldNotBe(first.Name);
        Directory.Delete(models, recursive: true);
        using var generator = EmbeddingChoice.Named(first.Name, data).Create(null, TimeSpan.FromSeconds(10));
        ShouldBeMean((await new CheckedEmbedding(generator).EmbedAsync(["okapi"], 4, Cancel))[0], new(4), "[CLS]", "okapi", "[SEP]");
    }

    [Fact]
    public async Task A_changed_file_is_embedded_with_while_the_old_one_answers_and_then_the_old_one_goes()
    {
        var models = Path.Combine(_directory, "tiny");
        await new OnnxModel(4).WriteAsync(models);
        await using var fixture = await EmbeddingFixture.StartAsync();
        var stop = await fixture.WorkAsync($"onnx:{models}");
        await fixture.WriteAsync("a", "okapi eats", "zebra eats");
        await fixture.AllEmbeddedAsync();
        await stop();
        await new OnnxModel(6) { Seed = 2 }.WriteAsync(models);
        EmbeddingModel old;
        using (var reading = fixture.Read())
        {
            old = EmbeddingModel.Answering(reading).ShouldNotBeNull();
            using var queries = new QueryEmbedding(fixture.Data, TimeSpan.FromSeconds(10));
            ShouldBeMean(await queries.EmbedAsync(old, "okapi", Cancel), new(4), "[CLS]", "okapi", "[SEP]");
        }

        await fixture.WorkAsync($"onnx:{models}");
        await fixture.UntilAsync(reading => EmbeddingModel.All(reading) is [{ State: "answering", Dimensions: 6 }]);
        fixture.Count("vectors WHERE length(embedding) = 24").ShouldBe(2);
        await fixture.WriteAsync("b", "grass");
        await fixture.AllEmbeddedAsync();
        Directory.GetDirectories(Path.Combine(fixture.Data, "models")).ShouldHaveSingleItem().ShouldNotEndWith(old.Name.Split('@')[1]);
    }

    private static void ShouldBeMean(float[] vector, OnnxModel model, params string[] tokens)
    {
        var mean = Enumerable.Range(0, model.Dimensions).Select(i => tokens.Average(token => model.Row(token)[i])).ToArray();
        var length = Math.Sqrt(mean.Sum(number => number * number));
        vector.Length.ShouldBe(mean.Length);
        for (var i = 0; i < mean.Length; i++)
        {
            vector[i].ShouldBe((float)(mean[i] / length), 1e-4f);
        }
    }

    private async Task<float[][]> EmbedAsync(OnnxModel model, params string[] texts)
    {
        await model.WriteAsync(_directory);
        using var generator = EmbeddingChoice.Parse($"onnx:{_directory}").Create(null, TimeSpan.FromSeconds(10));
        return await new CheckedEmbedding(generator).EmbedAsync(texts, null, Cancel);
    }
}
