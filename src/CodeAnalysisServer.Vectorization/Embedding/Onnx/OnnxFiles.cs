using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CodeAnalysisServer.Vectorization.Embedding.Onnx;

/// <summary>The files of a model, with the hash of what is in them: each of them changes the vectors.</summary>
public sealed record OnnxFiles
{
    private const string ModelName = "model.onnx", VocabularyName = "vocab.txt", SettingsName = "tokenizer_config.json";

    private OnnxFiles(string model, string digest) => (Model, Digest) = (model, digest);

    /// <summary>The ONNX file.</summary>
    public string Model { get; }

    /// <summary>32 hexadecimal digits.</summary>
    public string Digest { get; }

    /// <summary>The tokens that the model knows, one a line.</summary>
    public string Vocabulary => Beside(VocabularyName);

    /// <summary>How its tokenizer is set; need not be there.</summary>
    public string Settings => Beside(SettingsName);

    /// <summary>What a model is called unless it is given a name.</summary>
    public string Label => Path.GetFileName(Model) == ModelName ? Path.GetFileName(Path.GetDirectoryName(Model)!) : Path.GetFileNameWithoutExtension(Model);

    /// <summary>The files at a path: a model, or a directory with one.</summary>
    /// <exception cref="FormatException">One is missing or cannot be read; the message says which.</exception>
    public static OnnxFiles At(string path)
    {
        var full = path.Length > 0 ? Path.GetFullPath(path) : throw new FormatException("the embedding onnx: has no path; use onnx:PATH, a model file or a directory with model.onnx and vocab.txt");
        var model = Directory.Exists(full) ? Path.Combine(full, ModelName) : full;
        if (!File.Exists(model))
        {
            throw new FormatException(model == full ? $"the model '{full}' does not exist" : $"the directory '{full}' has no {ModelName}; name the file, or the directory with {ModelName} and {VocabularyName}");
        }

        var vocabulary = Path.Combine(Path.GetDirectoryName(model)!, VocabularyName);
        if (!File.Exists(vocabulary))
        {
            throw new FormatException($"beside the model '{model}' there is no {VocabularyName}; put the model's vocabulary there (BERT's WordPiece, one token a line)");
        }

        try
        {
            return new(model, DigestOf(model, vocabulary, Path.Combine(Path.GetDirectoryName(model)!, SettingsName)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"the model '{model}' cannot be read: {exception.Message}");
        }
    }

    /// <summary>Copies them into a directory, which is made.</summary>
    /// <exception cref="IOException">That cannot be done.</exception>
    public OnnxFiles CopyTo(string directory)
    {
        Directory.CreateDirectory(directory);
        File.Copy(Model, Path.Combine(directory, ModelName));
        File.Copy(Vocabulary, Path.Combine(directory, VocabularyName));
        if (File.Exists(Settings))
        {
            File.Copy(Settings, Path.Combine(directory, SettingsName));
        }

        return At(directory);
    }

    private static string DigestOf(params IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        Span<byte> length = stackalloc byte[8];
        foreach (var file in files)
        {
            using var stream = File.Exists(file) ? new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1) : null;
            BinaryPrimitives.WriteInt64LittleEndian(length, stream?.Length ?? -1);
            hash.AppendData(length);
            while (stream?.Read(buffer) is > 0 and var read)
            {
                hash.AppendData(buffer, 0, read);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    private string Beside(string name) => Path.Combine(Path.GetDirectoryName(Model)!, name);
}
