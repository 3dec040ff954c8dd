using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Vectorization.Embedding.Onnx;
using Microsoft.Extensions.AI;

namespace CodeAnalysisServer.Vectorization.Embedding;

/// <summary>What makes the vectors: <c>builtin</c>, <c>openai:URL[#model]</c> (whatever speaks that API), <c>ollama:URL[#model]</c>, or <c>onnx:PATH[#name]</c>.</summary>
public abstract record EmbeddingChoice
{
    /// <summary>The environment variable with the key of an endpoint. It is nowhere else: not in arguments, status, logs or the index.</summary>
    public const string KeyVariable = "CODE_ANALYSIS_EMBEDDING_KEY";

    private EmbeddingChoice()
    {
    }

    /// <summary>The model's name in the index: vectors of different names are never compared.</summary>
    public abstract string Name { get; }

    /// <summary>What another process of this program is to be given for the same choice.</summary>
    public virtual string Argument => Name;

    /// <summary>How many requests may be under way at a time.</summary>
    public abstract int Concurrency { get; }

    /// <summary>How many texts go into a request.</summary>
    public abstract int Batch { get; }

    /// <summary>Whether it takes the cores of this machine, and so gives way to a scan of the trees.</summary>
    public virtual bool GivesWay => false;

    /// <summary>From an argument. The files of a model are read.</summary>
    /// <exception cref="FormatException">It is none of these; the message says what is.</exception>
    public static EmbeddingChoice Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text is "builtin" or Embedder.Name)
        {
            return new BuiltIn();
        }

        var (kind, rest) = text.IndexOf(':', StringComparison.Ordinal) is > 0 and var at ? (text[..at], text[(at + 1)..]) : (text, "");
        var (url, model) = rest.IndexOf('#', StringComparison.Ordinal) is >= 0 and var hash ? (rest[..hash], rest[(hash + 1)..]) : (rest, "");
        if (kind == "onnx")
        {
            // A path may have a # too.
            var end = rest.LastIndexOf('#');
            var files = OnnxFiles.At(end < 0 ? rest : rest[..end]);
            return new OnnxFile(files, end < 0 ? files.Label : rest[(end + 1)..]);
        }

        if (kind is not ("openai" or "ollama") || !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new FormatException($"the embedding '{text}' is unknown; use builtin, openai:URL[#model] or ollama:URL[#model] with a URL such as http://127.0.0.1:11434, or onnx:PATH[#name]");
        }

        // A model's name is stored and shown.
        if (address.UserInfo.Length > 0 || address.Query.Length > 0)
        {
            throw new FormatException($"the embedding's URL must not hold a password or a query; put the key into the environment variable {KeyVariable}");
        }

        return kind == "openai"
            ? new OpenAi(address, model.Length > 0 ? model : "text-embedding-3-small")
            : new Ollama(address, model.Length > 0 ? model : "nomic-embed-text");
    }

    /// <summary>From a model's name in the index.</summary>
    /// <exception cref="FormatException">This program cannot make vectors of that name.</exception>
    public static EmbeddingChoice Named(string name, string dataDirectory)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith("onnx:", StringComparison.Ordinal) && name.LastIndexOf('@') is > 0 and var at
            ? new OnnxFile(KeptModels.Find(dataDirectory, name[(at + 1)..]), name[5..at]) : Parse(name);
    }

    /// <summary>The same choice from where it is safe: what the index has vectors of is kept with it.</summary>
    /// <exception cref="IOException">It cannot be kept.</exception>
    public virtual EmbeddingChoice Keep(string dataDirectory) => this;

    /// <summary>What makes them.</summary>
    /// <param name="key">The endpoint's key, if it wants one.</param>
    /// <param name="patience">How long a request may take.</param>
    /// <exception cref="FormatException">A model's file cannot be used; the message says why.</exception>
    public abstract IEmbeddingGenerator<string, Embedding<float>> Create(string? key, TimeSpan patience);

    /// <summary>Hashed words, without a model.</summary>
    public sealed record BuiltIn : EmbeddingChoice
    {
        /// <inheritdoc/>
        public override string Name => Embedder.Name;

        /// <inheritdoc/>
        public override bool GivesWay => true;

        // The second is computed while the first is stored.
        /// <inheritdoc/>
        public override int Concurrency => 2;

        // Few large transactions: the indexes by hash have their pages written once for each.
        /// <inheritdoc/>
        public override int Batch => 1024;

        /// <inheritdoc/>
        public override IEmbeddingGenerator<string, Embedding<float>> Create(string? key, TimeSpan patience) => new BuiltInGenerator();
    }

    /// <summary>An endpoint with OpenAI's <c>/embeddings</c>.</summary>
    public sealed record OpenAi(Uri Address, string Model) : EmbeddingChoice
    {
        /// <inheritdoc/>
        public override string Name => $"openai:{Address}#{Model}";

        /// <inheritdoc/>
        public override int Concurrency => 4;

        /// <inheritdoc/>
        public override int Batch => 64;

        /// <inheritdoc/>
        public override IEmbeddingGenerator<string, Embedding<float>> Create(string? key, TimeSpan patience) => HttpGenerator.OpenAi(Address, Model, key, patience);
    }

    /// <summary>Ollama's own <c>/api/embed</c>.</summary>
    public sealed record Ollama(Uri Address, string Model) : EmbeddingChoice
    {
        /// <inheritdoc/>
        public override string Name => $"ollama:{Address}#{Model}";

        /// <inheritdoc/>
        public override int Concurrency => 2;

        /// <inheritdoc/>
        public override int Batch => 32;

        /// <inheritdoc/>
        public override IEmbeddingGenerator<string, Embedding<float>> Create(string? key, TimeSpan patience) => HttpGenerator.Ollama(Address, Model, key, patience);
    }

    /// <summary>A model in this process. Its name holds its files' hash: with another file, all is embedded anew.</summary>
    public sealed record OnnxFile(OnnxFiles Files, string Label) : EmbeddingChoice
    {
        /// <inheritdoc/>
        public override string Name => $"onnx:{Label}@{Files.Digest}";

        /// <inheritdoc/>
        public override string Argument => $"onnx:{Files.Model}#{Label}";

        /// <inheritdoc/>
        public override int Concurrency => 1;

        /// <inheritdoc/>
        public override int Batch => 8;

        /// <inheritdoc/>
        public override EmbeddingChoice Keep(string dataDirectory) => this with { Files = KeptModels.Keep(dataDirectory, Files) };

        /// <inheritdoc/>
        public override IEmbeddingGenerator<string, Embedding<float>> Create(string? key, TimeSpan patience) => OnnxGenerator.Load(Files);
    }
}
