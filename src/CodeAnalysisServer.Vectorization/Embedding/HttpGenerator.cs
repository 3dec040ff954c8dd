using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace CodeAnalysisServer.Vectorization.Embedding;

/// <summary>Embeddings from an endpoint over HTTP; OpenAI's and Ollama's ask alike and differ in the answer. Says why when none come. Thread-safe.</summary>
internal sealed class HttpGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    // An answer of 64 vectors of 4096 numbers in words is about 20 MB.
    private const int LargestAnswer = 64 * 1024 * 1024, MostOfAnError = 200;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    private readonly HttpClient _client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false });
    private readonly Uri _address;
    private readonly string _model;
    private readonly string? _key;
    private readonly Func<Stream, CancellationToken, Task<float[][]?>> _read;

    private HttpGenerator(Uri address, string model, string? key, TimeSpan patience, Func<Stream, CancellationToken, Task<float[][]?>> read)
    {
        (_address, _model, _key, _read) = (address, model, key, read);
        _client.Timeout = patience;
        _client.MaxResponseContentBufferSize = LargestAnswer;
        if (key is { Length: > 0 })
        {
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
    }

    public static HttpGenerator OpenAi(Uri address, string model, string? key, TimeSpan patience) => new(Below(address, "embeddings"), model, key, patience, async (body, cancellationToken) =>
        (await ReadAsync(body, EmbeddingJson.Default.OpenAiAnswer, cancellationToken).ConfigureAwait(false))?.Data?.OrderBy(item => item.Index).Select(item => item.Embedding).ToArray());

    public static HttpGenerator Ollama(Uri address, string model, string? key, TimeSpan patience) => new(Below(address, "api/embed"), model, key, patience, async (body, cancellationToken) =>
        (await ReadAsync(body, EmbeddingJson.Default.OllamaAnswer, cancellationToken).ConfigureAwait(false))?.Embeddings);

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        try
        {
            using var content = JsonContent.Create(new EmbeddingQuestion(_model, [.. values]), EmbeddingJson.Default.EmbeddingQuestion);
            // Some endpoints do not understand chunks.
            await content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
            using var response = await _client.PostAsync(_address, content, cancellationToken).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw await RefusalAsync(response, cancellationToken).ConfigureAwait(false);
            }

            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            var vectors = await _read(body, cancellationToken).ConfigureAwait(false);
            return vectors is null || Array.Exists(vectors, vector => vector is null)
                ? throw new TextsRefusedException($"{_address} answers JSON without embeddings")
                : [.. vectors.Select(vector => new Embedding<float>(vector))];
        }
        catch (JsonException exception)
        {
            throw new TextsRefusedException($"{_address} does not answer JSON with embeddings: {exception.Message}", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TextsRefusedException($"{_address} did not answer within {_client.Timeout.TotalSeconds:0.###} s", exception);
        }
        catch (HttpRequestException exception)
        {
            throw new EndpointUnavailableException($"{_address} cannot be asked: {(exception.InnerException ?? exception).Message}", inner: exception);
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => _client.Dispose();

    private static Uri Below(Uri address, string path) => new($"{address.AbsoluteUri.TrimEnd('/')}/{path}");

    private static async Task<T?> ReadAsync<T>(Stream body, JsonTypeInfo<T> type, CancellationToken cancellationToken) => await JsonSerializer.DeserializeAsync(body, type, cancellationToken).ConfigureAwait(false);

    private async Task<EmbeddingException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var said = (await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)).ReplaceLineEndings(" ").Trim();
        if (_key is { Length: > 0 })
        {
            said = said.Replace(_key, "(key)", StringComparison.Ordinal);
        }

        said = said.Length > MostOfAnError ? said[..MostOfAnError] + "…" : said;
        var status = (int)response.StatusCode;
        var about = $"{_address} answers {status}{(said.Length > 0 ? $": {said}" : "")}";
        return response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => new EndpointUnavailableException($"{_address} takes no more requests now (429)", RetryAfter(response)),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new EndpointUnavailableException($"{about}; put a key that it takes into {EmbeddingChoice.KeyVariable} and start anew"),
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed => new EndpointUnavailableException($"{about}; is the address right, and is there a model '{_model}'?"),
            HttpStatusCode.RequestTimeout or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => new EndpointUnavailableException(about, RetryAfter(response)),
            _ when status is >= 300 and < 400 => new EndpointUnavailableException($"{about}, a redirection; name the address itself"),
            _ => new TextsRefusedException(about),
        };
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter;
        var wait = after?.Delta ?? (after?.Date is { } date ? date - TimeProvider.System.GetUtcNow() : null);
        return wait is { } known && known > TimeSpan.Zero ? (known < LongestWait ? known : LongestWait) : null;
    }
}

internal sealed record EmbeddingQuestion(string Model, string[] Input);

internal sealed record OpenAiAnswer(OpenAiItem[]? Data);

internal sealed record OpenAiItem(int Index, float[] Embedding);

internal sealed record OllamaAnswer(float[][]? Embeddings);

[JsonSerializable(typeof(EmbeddingQuestion))]
[JsonSerializable(typeof(OpenAiAnswer))]
[JsonSerializable(typeof(OllamaAnswer))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class EmbeddingJson : JsonSerializerContext;
