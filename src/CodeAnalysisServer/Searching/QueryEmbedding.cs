using System.Collections.Concurrent;
using CodeAnalysisServer.Storage.Vectors;
using CodeAnalysisServer.Vectorization.Embedding;
using Microsoft.Extensions.AI;

namespace CodeAnalysisServer;

/// <summary>Queries as vectors of the model that answers, which need not be the one that is configured now. Thread-safe.</summary>
internal sealed class QueryEmbedding(string dataDirectory, TimeSpan patience) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<IEmbeddingGenerator<string, Embedding<float>>>> _generators = new();

    /// <summary>The query's vector, of length 1.</summary>
    /// <exception cref="EmbeddingException">None can be had now; the message says why.</exception>
    public async Task<float[]> EmbedAsync(EmbeddingModel model, string query, CancellationToken cancellationToken)
    {
        try
        {
            var generator = _generators.GetOrAdd(model.Name, name => new(() => EmbeddingChoice.Named(name, dataDirectory).Create(Environment.GetEnvironmentVariable(EmbeddingChoice.KeyVariable), patience)));
            return (await new CheckedEmbedding(generator.Value).EmbedAsync([query], model.Dimensions, cancellationToken).ConfigureAwait(false))[0];
        }
        catch (FormatException exception)
        {
            // A file that was not there may be there at the next try.
            _generators.TryRemove(model.Name, out _);
            throw new EndpointUnavailableException($"the index holds vectors of '{model.Name}', which this program cannot make ({exception.Message}); they are being replaced");
        }
    }

    public void Dispose()
    {
        foreach (var generator in _generators.Values.Where(generator => generator.IsValueCreated))
        {
            generator.Value.Dispose();
        }
    }
}
