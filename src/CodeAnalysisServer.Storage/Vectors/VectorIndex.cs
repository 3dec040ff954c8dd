using System.Data.Common;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace CodeAnalysisServer.Storage.Vectors;

/// <summary>
/// The nearest vectors, exactly: over the mapped files of the matrix, and over the table for what is in none of them yet. A file that
/// is missing or damaged costs time, never an answer: the table has it all. Thread-safe.
/// </summary>
public sealed class VectorIndex(string dataDirectory) : IDisposable
{
    private readonly ReaderWriterLockSlim _gate = new();
    private List<VectorSegment> _segments = [];
    private string? _uid;

    /// <summary>Vectors that the last search found in the files, for figures and tests.</summary>
    public int Mapped
    {
        get
        {
            _gate.EnterReadLock();
            try
            {
                return _segments.Sum(segment => segment.File.Rows);
            }
            finally
            {
                _gate.ExitReadLock();
            }
        }
    }

    /// <summary>The best <paramref name="count"/> ids by likeness (above 0) with a query of length 1, the best first.</summary>
    /// <exception cref="ArgumentException">The query has another number of dimensions than the model.</exception>
    public List<(long Id, float Likeness)> Search(DbConnection reading, EmbeddingModel model, ReadOnlySpan<float> query, int count)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Dimensions is { } dimensions && dimensions != query.Length)
        {
            throw new ArgumentException($"the query has {query.Length} numbers, the vectors of '{model.Name}' have {dimensions}");
        }

        var best = new Best(count, above: 0);
        Refresh(model, query.Length);
        long covered;
        _gate.EnterReadLock();
        try
        {
            // Another search may have turned to another model meanwhile.
            var segments = _uid == model.Uid ? _segments : [];
            foreach (var segment in segments)
            {
                segment.Search(query, best);
            }

            covered = segments.Count > 0 ? segments[^1].File.To : 0;
        }
        finally
        {
            _gate.ExitReadLock();
        }

        AddRest(reading, model, query, covered, best);
        return best.Sorted();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _segments.ForEach(segment => segment.Dispose());
        _segments = [];
        _gate.Dispose();
    }

    private static void AddRest(DbConnection reading, EmbeddingModel model, ReadOnlySpan<float> query, long covered, Best best)
    {
        // The plus keeps SQLite at the ids: what is new is at their end.
        using var command = reading.Command("SELECT id, embedding FROM vectors WHERE id > $1 AND +model_id = $2 AND length(embedding) = $3", covered, model.Id, query.Length * sizeof(float));
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            best.Add(rows.GetInt64(0), TensorPrimitives.Dot(query, MemoryMarshal.Cast<byte, float>(rows.GetFieldValue<byte[]>(1))));
        }
    }

    // Looks at the names alone; a file is checked once, when it is new.
    private void Refresh(EmbeddingModel model, int dimensions)
    {
        var chain = VectorFile.Chain(VectorFile.DirectoryOf(dataDirectory, model.Uid));
        _gate.EnterUpgradeableReadLock();
        try
        {
            if (_uid == model.Uid && chain.SequenceEqual(_segments.Select(segment => segment.Path)))
            {
                return;
            }

            var next = new List<VectorSegment>();
            foreach (var path in chain)
            {
                if ((_segments.FirstOrDefault(segment => segment.Path == path) ?? TryOpen(path, dimensions)) is not { } segment)
                {
                    break;
                }

                next.Add(segment);
            }

            _gate.EnterWriteLock();
            var left = _segments.Except(next).ToArray();
            (_segments, _uid) = (next, model.Uid);
            _gate.ExitWriteLock();
            // Whoever reads since then has the new ones; the write lock waited for those that had the old.
            Array.ForEach(left, segment => segment.Dispose());
        }
        finally
        {
            _gate.ExitUpgradeableReadLock();
        }
    }

    private static VectorSegment? TryOpen(string path, int dimensions)
    {
        try
        {
            var segment = VectorSegment.Open(path);
            if (segment.File.Dimensions == dimensions)
            {
                return segment;
            }

            segment.Dispose();
            return null;
        }
        catch (InvalidDataException)
        {
            // Derived and of no use: without it the worker makes it anew.
            TryDelete(path);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Merged into a longer one meanwhile: the table answers this once.
            return null;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Then the worker finds it damaged at its next start.
        }
    }
}
