using System.Text.Json;
using System.Text.Json.Serialization;
using CodeAnalysisServer.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer;

/// <summary>What a search answers.</summary>
internal sealed record SearchAnswer(string Query, IReadOnlyList<SearchHit> Hits);

[JsonSerializable(typeof(SearchAnswer))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class SearchJson : JsonSerializerContext;

/// <summary>Search over HTTP. Each request reads through a connection of its own.</summary>
internal static class SearchEndpoints
{
    private const int DefaultLimit = 20, MaximumLimit = 200;

    public static void MapSearch(this IEndpointRouteBuilder routes, string dataDirectory)
    {
        routes.MapGet("/search", context => AnswerAsync(context, dataDirectory, Searcher.FullText));
        routes.MapGet("/search/semantic", context => AnswerAsync(context, dataDirectory, Searcher.Semantic));
    }

    private static async Task AnswerAsync(HttpContext context, string dataDirectory, Func<SqliteConnection, string, int, List<SearchHit>> search)
    {
        var query = context.Request.Query["q"].ToString();
        var limit = int.TryParse(context.Request.Query["limit"], out var asked) ? Math.Clamp(asked, 1, MaximumLimit) : DefaultLimit;
        if (string.IsNullOrWhiteSpace(query) || query.Length > 1000)
        {
            await ProblemAsync(context, 400, "give what to search for as ?q=, 1 to 1000 characters").ConfigureAwait(false);
            return;
        }

        try
        {
            using var connection = Schema.TryOpenForReading(dataDirectory);
            var hits = connection is null ? [] : search(connection, query, limit);
            context.Response.ContentType = "application/json; charset=utf-8";
            await JsonSerializer.SerializeAsync(context.Response.Body, new(query, hits), SearchJson.Default.SearchAnswer, context.RequestAborted).ConfigureAwait(false);
        }
        catch (SqliteException exception)
        {
            await ProblemAsync(context, 503, $"the index cannot be read now: {exception.Message}").ConfigureAwait(false);
        }
    }

    private static Task ProblemAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        return context.Response.WriteAsync($"{{\"title\":\"Search\",\"status\":{status},\"detail\":\"{JsonEncodedText.Encode(detail)}\"}}", context.RequestAborted);
    }
}
