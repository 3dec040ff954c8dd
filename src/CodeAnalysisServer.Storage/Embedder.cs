using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace CodeAnalysisServer.Storage;

/// <summary>
/// The built-in embedding, without a model: words and their three-letter pieces hashed into 384 dimensions, with a sign from the
/// hash so that collisions cancel out (feature hashing, Weinberger et al. 2009), normalised. The same text gives the same vector.
/// </summary>
public static class Embedder
{
    /// <summary>Its name as a model. With another way of counting it is another model, and everything is embedded anew.</summary>
    public const string Name = "builtin:1";

    /// <summary>Numbers in a vector.</summary>
    public const int Dimensions = 384;

    /// <summary>The vector of a text; all zero for a text without words.</summary>
    public static float[] Embed(string text)
    {
        var vector = new float[Dimensions];
        foreach (var word in Words.Split(text))
        {
            Add(vector, word, 1f);
            for (var i = 0; i + 3 <= word.Length && word.Length > 3; i++)
            {
                Add(vector, word.AsSpan(i, 3), 0.3f);
            }
        }

        var length = TensorPrimitives.Norm(vector);
        if (length > 0)
        {
            TensorPrimitives.Divide(vector, length, vector);
        }

        return vector;
    }

    /// <summary>As stored: little-endian floats.</summary>
    public static byte[] ToBytes(float[] vector) => MemoryMarshal.AsBytes<float>(vector).ToArray();

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
