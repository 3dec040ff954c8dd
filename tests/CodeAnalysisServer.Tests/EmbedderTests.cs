using System.Numerics.Tensors;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Tests;

public sealed class EmbedderTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(5000)]
    public void A_word_of_any_length_counts_whatever_its_case(int length)
    {
        var word = new string('q', length);
        Likeness(word, word).ShouldBe(1, 0.0001);
        Likeness(word, word.ToUpperInvariant()).ShouldBe(1, 0.0001);
        Likeness(word, $"{word} {word}").ShouldBe(1, 0.0001);
        Likeness(word, "another").ShouldBeLessThan(0.5f);
    }

    [Fact]
    public void Forms_and_parts_of_a_word_count_and_the_first_line_counts_more()
    {
        Likeness("returned", "Returning").ShouldBe(1, 0.0001);
        Likeness("first\nHttpClient", "first\nhttp client").ShouldBe(1, 0.0001);
        Likeness("first\nclient", "first").ShouldBeGreaterThan(Likeness("first\nclient", "client"));
        Embedder.Embed("{ } 1 2").ShouldAllBe(number => number == 0);
    }

    private static float Likeness(string one, string other) => TensorPrimitives.Dot<float>(Embedder.Embed(one), Embedder.Embed(other));
}
