using System.Text.Json;
using System.Text.Json.Serialization;
using CodeAnalysisServer.Vectorization.Embedding;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer;

/// <summary>RFC 9457.</summary>
internal sealed record Problem(string Title, int Status, string Detail)
{
    /// <summary>Answers with it.</summary>
    public static Task WriteAsync(HttpContext context, string title, int status, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        return JsonSerializer.SerializeAsync(context.Response.Body, new(title, status, detail), SearchJson.Default.Problem, context.RequestAborted);
    }
}

[JsonSerializable(typeof(SearchAnswer))]
[JsonSerializable(typeof(Problem))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class SearchJson : JsonSerializerContext;

/// <summary>Search over HTTP. Each request reads through a connection of its own.</summary>
internal static class SearchEndpoints
{
    private const int DefaultLimit = 20, MaximumLimit = 200, LongestQuery = 1000;

    public static void MapSearch(this IEndpointRouteBuilder routes, SearchService search)
    {
        routes.MapGet("/search", context => AnswerAsync(context, search.FullTextAsync));
        routes.MapGet("/search/semantic", context => AnswerAsync(context, search.SemanticAsync));
        routes.MapGet("/search/hybrid", context => AnswerAsync(context, search.HybridAsync));
    }

    private static async Task AnswerAsync(HttpContext context, Func<string, int, string?, CancellationToken, Task<SearchAnswer>> search)
    {
        var query = context.Request.Query["q"].ToString();
        var limit = int.TryParse(context.Request.Query["limit"], out var asked) ? Math.Clamp(asked, 1, MaximumLimit) : DefaultLimit;
        if (string.IsNullOrWhiteSpace(query) || query.Length > LongestQuery)
        {
            await Problem.WriteAsync(context, "Search", StatusCodes.Status400BadRequest, $"give what to search for as ?q=, 1 to {LongestQuery} characters").ConfigureAwait(false);
            return;
        }

        SearchAnswer answer;
        try
        {
            var cursor = context.Request.Query["cursor"].ToString();
            answer = await search(query, limit, cursor.Length > 0 ? cursor : null, context.RequestAborted).ConfigureAwait(false);
        }
        catch (FormatException exception)
        {
            await Problem.WriteAsync(context, "Search", StatusCodes.Status400BadRequest, exception.Message).ConfigureAwait(false);
            return;
        }
        catch (EmbeddingException exception)
        {
            await Problem.WriteAsync(context, "Search", StatusCodes.Status503ServiceUnavailable, $"the query cannot be embedded now: {exception.Message}").ConfigureAwait(false);
            return;
        }
        catch (SqliteException exception)
        {
            await Problem.WriteAsync(context, "Search", StatusCodes.Status503ServiceUnavailable, $"the index cannot be read now: {exception.Message}").ConfigureAwait(false);
            return;
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        await JsonSerializer.SerializeAsync(context.Response.Body, answer, SearchJson.Default.SearchAnswer, context.RequestAborted).ConfigureAwait(false);
    }
}
