using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace CodeAnalysisServer.Storage.Vectors;

/// <summary>
/// One file of the matrix: the vectors of a model whose ids are in (from, to], with their checksum. It is written beside its place,
/// and renamed when it is whole; from then on it never changes. Little-endian; after the header ids, scales and losses (of the 8-bit
/// codes), codes, and the numbers in full, each part from a multiple of 64 bytes on.
/// </summary>
internal sealed record VectorFile(int Dimensions, int Rows, long From, long To)
{
    public const int HeaderSize = 64, ChecksumAt = 32, ChecksumSize = 16;

    private const long Magic = 0x3130_4345_5653_4143;
    private const string Extension = ".vectors";

    // Where the parts begin; the ids follow on the header.
    public long ScalesAt => Next(HeaderSize, sizeof(long));

    public long LossesAt => Next(ScalesAt, sizeof(float));

    public long CodesAt => Next(LossesAt, sizeof(float));

    public long NumbersAt => Next(CodesAt, Int8.Stride(Dimensions));

    public long Length => Next(NumbersAt, (long)Dimensions * sizeof(float));

    /// <summary>Where the matrix of a model is.</summary>
    public static string DirectoryOf(string dataDirectory, string uid) => Path.Combine(dataDirectory, "vectors", uid);

    /// <summary>The ids in (from, to] of a file's name; null for another file.</summary>
    public static (long From, long To)? Range(string path) =>
        Path.GetFileNameWithoutExtension(path).Split('-') is [var from, var to] && Path.GetExtension(path) == Extension
        && long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var first) && long.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? (first, last) : null;

    /// <summary>
    /// The files that follow on each other from the first id on, of two that begin alike the longer: what a merge has replaced is
    /// passed over, whether it was removed already or not.
    /// </summary>
    public static List<string> Chain(string directory)
    {
        var files = Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*" + Extension).Select(file => (Path: file, Range: Range(file))).Where(file => file.Range is not null).ToArray() : [];
        var chain = new List<string>();
        for (var from = 0L; files.Where(file => file.Range!.Value.From == from).OrderByDescending(file => file.Range!.Value.To).FirstOrDefault() is { Path: not null } next && next.Range!.Value.To > from; from = next.Range.Value.To)
        {
            chain.Add(next.Path);
        }

        return chain;
    }

    /// <summary>Its name.</summary>
    public static string Name(long from, long to) => string.Create(CultureInfo.InvariantCulture, $"{from}-{to}{Extension}");

    /// <summary>The header's fields, without the checksum.</summary>
    public byte[] Header()
    {
        var header = new byte[HeaderSize];
        MemoryMarshal.Write(header, Magic);
        MemoryMarshal.Write(header.AsSpan(8), Dimensions);
        MemoryMarshal.Write(header.AsSpan(12), Rows);
        MemoryMarshal.Write(header.AsSpan(16), From);
        MemoryMarshal.Write(header.AsSpan(24), To);
        return header;
    }

    /// <summary>What a whole file says of itself.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static VectorFile Check(ReadOnlySpan<byte> header, long length, Func<XxHash128, byte[]> body)
    {
        if (header.Length < HeaderSize || MemoryMarshal.Read<long>(header) != Magic)
        {
            throw new InvalidDataException("it has no header of this format");
        }

        var file = new VectorFile(MemoryMarshal.Read<int>(header[8..]), MemoryMarshal.Read<int>(header[12..]), MemoryMarshal.Read<long>(header[16..]), MemoryMarshal.Read<long>(header[24..]));
        if (file.Dimensions <= 0 || file.Rows < 0 || file.Length != length)
        {
            throw new InvalidDataException($"it has {length} bytes, which is not what its header says");
        }

        var hash = new XxHash128();
        hash.Append(header[..ChecksumAt]);
        return header.Slice(ChecksumAt, ChecksumSize).SequenceEqual(body(hash)) ? file : throw new InvalidDataException("its checksum is wrong");
    }

    private long Next(long start, long row) => (start + (row * Rows) + 63) / 64 * 64;
}
