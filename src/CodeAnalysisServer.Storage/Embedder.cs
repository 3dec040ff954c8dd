using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace CodeAnalysisServer.Storage;

/// <summary>
/// The built-in embedding, without a model: stems of words and their three-letter pieces hashed into 384 dimensions, with a sign from
/// the hash so that collisions cancel out (feature hashing, Weinberger et al. 2009), normalised. A word counts by the logarithm of how
/// often it is there, less when most code has it, and more in the first line, where an entity's name is. The same text gives the same
/// vector. The weights were chosen with the bench's retrieval scenario, on its development repositories alone.
/// </summary>
public static class Embedder
{
    /// <summary>Its name as a model. With another way of counting it is another model, and everything is embedded anew.</summary>
    public const string Name = "builtin:2";

    /// <summary>Numbers in a vector.</summary>
    public const int Dimensions = 384;

    private const float OfPiece = 0.3f, OfCommon = 0.25f, InFirstLine = 4;

    /// <summary>The vector of a text; all zero for a text without words.</summary>
    public static float[] Embed(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var vector = new float[Dimensions];
        foreach (var (stem, count) in Count(text))
        {
            var weight = (1 + MathF.Log(count)) * (CommonWords.Contains(stem) ? OfCommon : 1);
            Add(vector, stem, weight);
            for (var i = 0; i + 3 <= stem.Length && stem.Length > 3; i++)
            {
                Add(vector, stem.AsSpan(i, 3), weight * OfPiece);
            }
        }

        var length = TensorPrimitives.Norm<float>(vector);
        if (length > 0)
        {
            TensorPrimitives.Divide(vector, length, vector);
        }

        return vector;
    }

    /// <summary>As stored: little-endian floats.</summary>
    public static byte[] ToBytes(float[] vector) => MemoryMarshal.AsBytes<float>(vector).ToArray();

    private static Dictionary<string, float> Count(string text)
    {
        var counts = new Dictionary<string, float>();
        var lineEnd = text.IndexOf('\n', StringComparison.Ordinal) is >= 0 and var at ? at : 0;
        Count(counts, text.AsSpan(0, lineEnd), InFirstLine);
        Count(counts, text.AsSpan(lineEnd), 1);
        return counts;
    }

    // A word becomes a string only when it is the first of its stem: most are not.
    private static void Count(Dictionary<string, float> counts, ReadOnlySpan<char> text, float weight)
    {
        var bySpan = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> buffer = stackalloc char[64];
        foreach (var word in new Words.PartsOf(text))
        {
            var lower = word.Length <= buffer.Length ? buffer[..word.Length] : new char[word.Length];
            word.ToLowerInvariant(lower);
            CollectionsMarshal.GetValueRefOrAddDefault(bySpan, Words.StemOf(lower), out _) += weight;
        }
    }

    private static void Add(float[] vector, ReadOnlySpan<char> feature, float weight)
    {
        var hash = 14695981039346656037UL;
        foreach (var character in feature)
        {
            hash = (hash ^ character) * 1099511628211UL;
        }

        hash ^= hash >> 29;
        vector[hash % Dimensions] += (hash >> 40 & 1) == 0 ? weight : -weight;
    }
}
