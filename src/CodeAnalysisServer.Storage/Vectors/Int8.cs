using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CodeAnalysisServer.Storage.Vectors;

/// <summary>Vectors in small whole numbers, and how wrong a product of such may be: what cannot be among the best is not looked at in full.</summary>
internal static class Int8
{
    /// <summary>Codes are read this many at a time; what is missing to it is zero.</summary>
    public const int Step = 32;

    /// <summary>Codes of a row, with their padding.</summary>
    public static int Stride(int dimensions) => (dimensions + Step - 1) / Step * Step;

    /// <summary>A stored vector as codes of 8 bits: value ≈ scale × code. Also the length of what is lost.</summary>
    public static (float Scale, float Lost) Encode(ReadOnlySpan<float> vector, Span<sbyte> codes)
    {
        codes.Clear();
        var scale = TensorPrimitives.MaxMagnitude(vector) is var largest && MathF.Abs(largest) > 0 ? MathF.Abs(largest) / sbyte.MaxValue : 0;
        var lost = 0d;
        for (var i = 0; i < vector.Length && scale > 0; i++)
        {
            codes[i] = (sbyte)Math.Clamp(MathF.Round(vector[i] / scale), -sbyte.MaxValue, sbyte.MaxValue);
            var rest = (double)vector[i] - ((double)scale * codes[i]);
            lost += rest * rest;
        }

        return (scale, (float)Math.Sqrt(lost));
    }

    /// <summary>A query as codes of up to 16 bits, as many as a sum over all dimensions can hold.</summary>
    public static (short[] Codes, float Scale, float Lost) EncodeQuery(ReadOnlySpan<float> vector)
    {
        var codes = new short[Stride(vector.Length)];
        var most = Math.Min(short.MaxValue, int.MaxValue / sbyte.MaxValue / codes.Length);
        var largest = MathF.Abs(TensorPrimitives.MaxMagnitude(vector));
        var scale = largest > 0 ? largest / most : 0;
        var lost = 0d;
        for (var i = 0; i < vector.Length && scale > 0; i++)
        {
            codes[i] = (short)Math.Clamp(MathF.Round(vector[i] / scale), -most, most);
            var rest = (double)vector[i] - ((double)scale * codes[i]);
            lost += rest * rest;
        }

        return (codes, scale, (float)Math.Sqrt(lost));
    }

    /// <summary>The product of two rows of codes.</summary>
    public static int Dot(ReadOnlySpan<sbyte> codes, ReadOnlySpan<short> query)
    {
        ref var left = ref MemoryMarshal.GetReference(codes);
        ref var right = ref MemoryMarshal.GetReference(query);
        if (Avx2.IsSupported)
        {
            var (first, second) = (Vector256<int>.Zero, Vector256<int>.Zero);
            for (nuint i = 0; i < (nuint)query.Length; i += Step)
            {
                first += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref left, i)), Vector256.LoadUnsafe(ref right, i));
                second += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref left, i + 16)), Vector256.LoadUnsafe(ref right, i + 16));
            }

            return Vector256.Sum(first + second);
        }

        var sum = Vector128<int>.Zero;
        for (nuint i = 0; i < (nuint)query.Length; i += 8)
        {
            var (low, high) = Vector128.Widen(Vector128.WidenLower(Vector128.CreateScalarUnsafe(MemoryMarshal.Read<long>(MemoryMarshal.AsBytes(codes.Slice((int)i, 8)))).AsSByte()));
            var (queryLow, queryHigh) = Vector128.Widen(Vector128.LoadUnsafe(ref right, i));
            sum += (low * queryLow) + (high * queryHigh);
        }

        return Vector128.Sum(sum);
    }
}
