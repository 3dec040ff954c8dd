using CodeAnalysisServer.Storage.Vectors;

namespace CodeAnalysisServer.Vectorization.Embedding.Onnx;

/// <summary>
/// Copies of the models that the index has vectors of, below the data directory: while another file is embedded with, queries are
/// still embedded with the one that answers, whatever became of it. (On a file system that can, a copy shares its blocks.)
/// </summary>
internal static class KeptModels
{
    /// <summary>Keeps a model, if it is not kept yet. What is kept is what counts: the files may have changed since they were read.</summary>
    /// <exception cref="IOException">There is no room, say.</exception>
    public static OnnxFiles Keep(string dataDirectory, OnnxFiles files)
    {
        if (Directory.Exists(PathOf(dataDirectory, files.Digest)))
        {
            return OnnxFiles.At(PathOf(dataDirectory, files.Digest));
        }

        var unfinished = PathOf(dataDirectory, $".unfinished-{Environment.ProcessId}");
        try
        {
            var kept = PathOf(dataDirectory, files.CopyTo(unfinished).Digest);
            if (!Directory.Exists(kept))
            {
                Directory.Move(unfinished, kept);
            }

            return OnnxFiles.At(kept);
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }
    }

    /// <summary>The kept model of a name in the index.</summary>
    /// <exception cref="FormatException">It is not there any more.</exception>
    public static OnnxFiles Find(string dataDirectory, string digest) => OnnxFiles.At(PathOf(dataDirectory, digest));

    /// <summary>Removes those that no model of the index needs.</summary>
    public static void Clean(string dataDirectory, IEnumerable<EmbeddingModel> models)
    {
        var all = PathOf(dataDirectory, "");
        var needed = models.Select(model => PathOf(dataDirectory, model.Name[(model.Name.LastIndexOf('@') + 1)..])).ToHashSet();
        foreach (var directory in Directory.Exists(all) ? Directory.GetDirectories(all).Except(needed) : [])
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string PathOf(string dataDirectory, string digest) => Path.Combine(dataDirectory, "models", digest);
}
