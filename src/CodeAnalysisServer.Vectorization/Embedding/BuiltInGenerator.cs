using CodeAnalysisServer.Storage;
using Microsoft.Extensions.AI;

namespace CodeAnalysisServer.Vectorization.Embedding;

/// <summary>The built-in embedding as a generator. Thread-safe.</summary>
internal sealed class BuiltInGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var all = new GeneratedEmbeddings<Embedding<float>>();
        foreach (var value in values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            all.Add(new(Embedder.Embed(value)));
        }

        return Task.FromResult(all);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
        // Nothing is held.
    }
}
