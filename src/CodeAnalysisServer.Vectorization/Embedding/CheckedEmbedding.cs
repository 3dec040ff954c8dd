using System.Numerics.Tensors;
using Microsoft.Extensions.AI;

namespace CodeAnalysisServer.Vectorization.Embedding;

/// <summary>Nothing wrong gets through: as many vectors as texts, of the model's length, finite; and each is brought to length 1.</summary>
public sealed class CheckedEmbedding(IEmbeddingGenerator<string, Embedding<float>> generator)
{
    // It is what an endpoint is asked to find out whether it or the texts are at fault.
    private const string Harmless = "int count = list.Count;";

    /// <summary>The vectors of texts.</summary>
    /// <param name="texts">At least one.</param>
    /// <param name="dimensions">How many numbers each must have; null when any will do, as long as all have as many.</param>
    /// <param name="cancellationToken">To stop waiting.</param>
    /// <exception cref="TextsRefusedException">These texts are the reason; another one was embedded just now.</exception>
    /// <exception cref="EndpointUnavailableException">Nothing can be had from there now.</exception>
    public async Task<float[][]> EmbedAsync(IReadOnlyList<string> texts, int? dimensions, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(texts, dimensions, cancellationToken).ConfigureAwait(false);
        }
        catch (TextsRefusedException refused)
        {
            try
            {
                await AskAsync([Harmless], dimensions, cancellationToken).ConfigureAwait(false);
            }
            catch (TextsRefusedException)
            {
                throw new EndpointUnavailableException(refused.Message, inner: refused);
            }

            throw;
        }
    }

    private async Task<float[][]> AskAsync(IReadOnlyList<string> texts, int? dimensions, CancellationToken cancellationToken)
    {
        var found = await generator.GenerateAsync(texts, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (found.Count != texts.Count)
        {
            throw new TextsRefusedException($"{found.Count} vectors came for {texts.Count} texts");
        }

        var vectors = found.Select(embedding => embedding.Vector.ToArray()).ToArray();
        var expected = dimensions ?? vectors[0].Length;
        foreach (var vector in vectors)
        {
            if (vector.Length != expected || expected == 0)
            {
                throw new TextsRefusedException($"a vector of {vector.Length} numbers came, where those of this model have {expected}; name another model under another name, or the right address");
            }

            if (!TensorPrimitives.IsFiniteAll<float>(vector))
            {
                throw new TextsRefusedException("a vector came that has numbers which are none (NaN or infinite)");
            }

            Normalise(vector);
        }

        return vectors;
    }

    // In two steps: the square of a very large number is infinite.
    private static void Normalise(float[] vector)
    {
        if (MathF.Abs(TensorPrimitives.MaxMagnitude<float>(vector)) is > 0 and var largest)
        {
            TensorPrimitives.Divide(vector, largest, vector);
            TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        }
    }
}
