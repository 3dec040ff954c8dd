namespace CodeAnalysisServer.Vectorization.Embedding;

/// <summary>No vectors came; the message says why, for the operator, and never holds the key.</summary>
public abstract class EmbeddingException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Nothing can be had from there now, whatever the texts: ask again later.</summary>
public sealed class EndpointUnavailableException(string message, TimeSpan? retryAfter = null, Exception? inner = null) : EmbeddingException(message, inner)
{
    /// <summary>When the endpoint itself wants to be asked again.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>An answer came that is of no use: these texts are the reason, or the endpoint is.</summary>
public sealed class TextsRefusedException(string message, Exception? inner = null) : EmbeddingException(message, inner);
