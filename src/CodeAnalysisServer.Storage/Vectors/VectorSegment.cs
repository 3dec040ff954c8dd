using System.IO.MemoryMappedFiles;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace CodeAnalysisServer.Storage.Vectors;

/// <summary>A file of the matrix, mapped into memory and checked. Safe for many searches at a time, but not during its disposal.</summary>
internal sealed unsafe class VectorSegment : IDisposable
{
    private const int Piece = 1 << 26;

    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    private VectorSegment(string path, MemoryMappedFile mapping, MemoryMappedViewAccessor view, long length)
    {
        (Path, _mapping, _view) = (path, mapping, view);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        try
        {
            File = VectorFile.Check(new(_start, (int)Math.Min(length, VectorFile.HeaderSize)), length, hash =>
            {
                for (long at = VectorFile.HeaderSize; at < length; at += Piece)
                {
                    hash.Append(new ReadOnlySpan<byte>(_start + at, (int)Math.Min(Piece, length - at)));
                }

                return hash.GetHashAndReset();
            });
            if (VectorFile.Range(path) != (File.From, File.To))
            {
                throw new InvalidDataException("its name says other vectors than its header");
            }
        }
        catch
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            throw;
        }
    }

    public string Path { get; }

    public VectorFile File { get; }

    public ReadOnlySpan<long> Ids => Part<long>(VectorFile.HeaderSize, File.Rows);

    /// <summary>Maps a file and checks all of it.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="IOException">It cannot be read, or is not there any more.</exception>
    public static VectorSegment Open(string path)
    {
        var length = new FileInfo(path).Length;
        if (length < VectorFile.HeaderSize)
        {
            throw new InvalidDataException($"it has only {length} bytes");
        }

        var mapping = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        MemoryMappedViewAccessor? view = null;
        try
        {
            view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            return new(path, mapping, view, length);
        }
        catch
        {
            view?.Dispose();
            mapping.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Adds the best of this segment to <paramref name="best"/>. All rows are looked at by their codes; a row is computed in full
    /// when, given the most that its codes may be wrong by, it can be among the best. So the answer is as exact as without codes.
    /// </summary>
    public void Search(ReadOnlySpan<float> query, Best best)
    {
        var (codes, scale, lost) = Int8.EncodeQuery(query);
        var norm = TensorPrimitives.Norm(query);
        var scales = Part<float>(File.ScalesAt, File.Rows);
        var losses = Part<float>(File.LossesAt, File.Rows);
        var stride = codes.Length;
        var candidates = new List<(int Row, float Most)>();
        var floor = best.Fork();
        for (var row = 0; row < File.Rows; row++)
        {
            var near = scales[row] * scale * Int8.Dot(new(_start + File.CodesAt + ((long)row * stride), stride), codes);
            // |v·q - s c·t p| <= |s c||u| + |r||q|; vectors have length 1, and floats are not exact either.
            var wrong = ((1.001f + losses[row]) * lost) + (losses[row] * norm) + 1e-5f;
            if (near + wrong > floor.Worst)
            {
                candidates.Add((row, near + wrong));
                floor.Add(row, near - wrong);
            }
        }

        foreach (var (row, most) in candidates)
        {
            if (most >= floor.Worst && most >= best.Worst)
            {
                best.Add(Ids[row], TensorPrimitives.Dot(query, Row(row)));
            }
        }
    }

    /// <summary>A vector in full.</summary>
    public ReadOnlySpan<float> Row(int row) => new(_start + File.NumbersAt + ((long)row * File.Dimensions * sizeof(float)), File.Dimensions);

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _mapping.Dispose();
    }

    private ReadOnlySpan<T> Part<T>(long at, int count)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(new ReadOnlySpan<byte>(_start + at, count * sizeof(T)));
}
