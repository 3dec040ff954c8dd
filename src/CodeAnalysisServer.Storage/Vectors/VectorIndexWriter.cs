using System.Data.Common;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CodeAnalysisServer.Storage.Vectors;

/// <summary>
/// Keeps a model's matrix near its rows: what is new becomes a file of its own, joined with those before it that are not much larger,
/// so that there are few. Everything is read from the table again, so rows that are gone fall out. For one process; not thread-safe.
/// </summary>
public sealed class VectorIndexWriter(string dataDirectory)
{
    /// <summary>So many vectors may be in the table alone: reading them there costs a search a millisecond or two.</summary>
    public const int LeftInTable = 1024;

    private const int Growth = 4, RowsAtOnce = 256;

    private readonly HashSet<string> _checked = [];

    /// <summary>Removes what belongs to no model, is unfinished or is damaged. Returns what was wrong.</summary>
    public List<string> Clean(DbConnection reading)
    {
        var wrong = new List<string>();
        var all = Path.Combine(dataDirectory, "vectors");
        var known = EmbeddingModel.All(reading).Select(model => VectorFile.DirectoryOf(dataDirectory, model.Uid)).ToHashSet();
        foreach (var directory in Directory.Exists(all) ? Directory.EnumerateDirectories(all).ToArray() : [])
        {
            if (!known.Contains(directory))
            {
                Directory.Delete(directory, recursive: true);
                continue;
            }

            var chain = VectorFile.Chain(directory).ToHashSet();
            foreach (var file in Directory.EnumerateFiles(directory).ToArray())
            {
                if (!chain.Contains(file))
                {
                    File.Delete(file);
                }
                else if (!_checked.Contains(file) && Damage(file) is { } damage)
                {
                    File.Delete(file);
                    wrong.Add($"'{file}' is damaged ({damage}); it is made anew");
                }
                else
                {
                    _checked.Add(file);
                }
            }
        }

        return wrong;
    }

    /// <summary>Writes what the files lack, if it is worth a file; or all of it, if <paramref name="rowsWentAway"/> and those are many. Whether it did.</summary>
    /// <exception cref="IOException">It cannot be written; the table answers.</exception>
    public bool Update(DbConnection reading, EmbeddingModel model, bool rowsWentAway = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Dimensions is not { } dimensions)
        {
            return false;
        }

        var directory = VectorFile.DirectoryOf(dataDirectory, model.Uid);
        var chain = VectorFile.Chain(directory).Select(path => (Path: path, VectorFile.Range(path)!.Value.From, VectorFile.Range(path)!.Value.To, Rows: Rows(path, dimensions))).ToList();
        // A transaction: all that follows sees the same rows.
        using var transaction = Dialect.Of(reading).BeginReading(reading);
        var from = chain.Count > 0 ? chain[^1].To : 0;
        var rows = Count(reading, model, dimensions, from);
        var written = chain.Sum(file => file.Rows);
        var sparse = rowsWentAway && written > LeftInTable && (Count(reading, model, dimensions, 0) - rows) * 4 < written * 3;
        if (rows < LeftInTable && !sparse)
        {
            return false;
        }

        var merged = new List<string>();
        for (var last = chain.Count - 1; last >= 0 && (sparse || chain[last].Rows < rows * Growth); last--)
        {
            (from, rows) = (chain[last].From, rows + chain[last].Rows);
            merged.Add(chain[last].Path);
        }

        var newest = reading.Scalar("SELECT id FROM vectors WHERE +model_id = $1 ORDER BY id DESC LIMIT 1", model.Id) as long? ?? 0;
        var to = Math.Max(newest, chain.Count > 0 ? chain[^1].To : 0);
        Directory.CreateDirectory(directory);
        var path = Write(reading, model, new(dimensions, (int)Count(reading, model, dimensions, from), from, to), directory);
        merged.Where(file => file != path).ToList().ForEach(File.Delete);
        return true;
    }

    private static long Count(DbConnection reading, EmbeddingModel model, int dimensions, long from) =>
        (long)reading.Scalar("SELECT count(*) FROM vectors WHERE id > $1 AND +model_id = $2 AND length(embedding) = $3", from, model.Id, dimensions * sizeof(float))!;

    // Rows are what a file's length is mostly made of; exact enough to decide on a merge.
    private static long Rows(string path, int dimensions) => new FileInfo(path).Length / ((dimensions * sizeof(float)) + Int8.Stride(dimensions) + 16);

    private static string? Damage(string path)
    {
        try
        {
            VectorSegment.Open(path).Dispose();
            return null;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            return exception.Message;
        }
    }

    private string Write(DbConnection reading, EmbeddingModel model, VectorFile file, string directory)
    {
        var path = Path.Combine(directory, VectorFile.Name(file.From, file.To));
        var unfinished = path + ".unfinished";
        try
        {
            using (var handle = File.OpenHandle(unfinished, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            {
                RandomAccess.SetLength(handle, file.Length);
                WriteRows(reading, model, file, handle);
                WriteHeader(file, handle);
                RandomAccess.FlushToDisk(handle);
            }

            File.Move(unfinished, path, overwrite: true);
            _checked.Add(path);
            return path;
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    private static void WriteRows(DbConnection reading, EmbeddingModel model, VectorFile file, SafeFileHandle handle)
    {
        var stride = Int8.Stride(file.Dimensions);
        var (ids, scales, losses) = (new long[RowsAtOnce], new float[RowsAtOnce], new float[RowsAtOnce]);
        var (codes, numbers) = (new sbyte[RowsAtOnce * stride], new float[RowsAtOnce * file.Dimensions]);
        var (done, held) = (0L, 0);
        using var command = reading.Command("SELECT id, embedding FROM vectors WHERE id > $1 AND id <= $2 AND +model_id = $3 AND length(embedding) = $4 ORDER BY id", file.From, file.To, model.Id, file.Dimensions * sizeof(float));
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            ids[held] = rows.GetInt64(0);
            var vector = numbers.AsSpan(held * file.Dimensions, file.Dimensions);
            rows.GetFieldValue<byte[]>(1).CopyTo(MemoryMarshal.AsBytes(vector));
            (scales[held], losses[held]) = Int8.Encode(vector, codes.AsSpan(held * stride, stride));
            if (++held == RowsAtOnce)
            {
                Flush();
            }
        }

        Flush();

        void Flush()
        {
            RandomAccess.Write(handle, MemoryMarshal.AsBytes(ids.AsSpan(0, held)), VectorFile.HeaderSize + (done * sizeof(long)));
            RandomAccess.Write(handle, MemoryMarshal.AsBytes(scales.AsSpan(0, held)), file.ScalesAt + (done * sizeof(float)));
            RandomAccess.Write(handle, MemoryMarshal.AsBytes(losses.AsSpan(0, held)), file.LossesAt + (done * sizeof(float)));
            RandomAccess.Write(handle, MemoryMarshal.AsBytes(codes.AsSpan(0, held * stride)), file.CodesAt + (done * stride));
            RandomAccess.Write(handle, MemoryMarshal.AsBytes(numbers.AsSpan(0, held * file.Dimensions)), file.NumbersAt + (done * file.Dimensions * sizeof(float)));
            (done, held) = (done + held, 0);
        }
    }

    private static void WriteHeader(VectorFile file, SafeFileHandle handle)
    {
        var header = file.Header();
        var hash = new XxHash128();
        hash.Append(header.AsSpan(0, VectorFile.ChecksumAt));
        var piece = new byte[1 << 20];
        for (long at = VectorFile.HeaderSize; at < file.Length;)
        {
            var read = RandomAccess.Read(handle, piece.AsSpan(0, (int)Math.Min(piece.Length, file.Length - at)), at);
            hash.Append(piece.AsSpan(0, read));
            at += read;
        }

        hash.GetHashAndReset().CopyTo(header, VectorFile.ChecksumAt);
        RandomAccess.Write(handle, header, 0);
    }
}
