using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CodeAnalysisServer.Operations;
using CodeAnalysisServer.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WorkerManagement;

namespace CodeAnalysisServer.Http;

/// <summary>The operations over HTTP: arguments in the query string or the path, JSON out, every error as problem+json.</summary>
internal static class OperationEndpoints
{
    public static void MapOperations(this IEndpointRouteBuilder routes)
    {
        var context = routes.ServiceProvider.GetRequiredService<ServerContext>();
        foreach (var sharing in Catalog.All.Where(operation => operation.Http is { Mapped: true }).GroupBy(operation => operation.Http!.Pattern))
        {
            foreach (var operation in sharing)
            {
                routes.MapMethods(sharing.Key, [operation.Http!.Method], http => AnswerAsync(http, operation, context));
            }

            // Without a method, so it only gets what the others do not take.
            var allowed = string.Join(", ", sharing.Select(operation => operation.Http!.Method));
            routes.Map(sharing.Key, http =>
            {
                http.Response.Headers.Allow = allowed;
                return Problem.WriteAsync(http, "Method", StatusCodes.Status405MethodNotAllowed, $"'{http.Request.Path}' takes {allowed}, not {http.Request.Method}");
            });
        }

        // Made when it is asked for: it takes as long as all the rest of the start in this process.
        var document = new Lazy<string>(() => OpenApiDocument.Make().ToJsonString());
        routes.MapGet("/openapi/v1.json", http =>
        {
            http.Response.ContentType = "application/json; charset=utf-8";
            return http.Response.WriteAsync(document.Value, http.RequestAborted);
        });
        routes.MapFallback(http => Problem.WriteAsync(http, "Address", StatusCodes.Status404NotFound, $"there is nothing at '{http.Request.Path}'; /openapi/v1.json tells what there is"));
    }

    /// <summary>Who serves here, for the command.</summary>
    public static void MapIdentity(this IEndpointRouteBuilder routes, Func<ServerIdentity> identity) =>
        routes.MapGet(ServerSocket.IdentityPath, http => WriteAsync(http, identity(), OperationJson.Plain.ServerIdentity));

    internal static async Task AnswerAsync(HttpContext http, Operation operation, ServerContext context)
    {
        try
        {
            var given = http.Request.Query.SelectMany(pair => pair.Value, (pair, value) => KeyValuePair.Create(pair.Key, value ?? ""))
                .Concat(http.Request.RouteValues.Select(pair => KeyValuePair.Create(pair.Key, (string)pair.Value!)));
            await WriteAsync(http, await operation.RunAsync(context, Arguments.From(operation, given), http.RequestAborted).ConfigureAwait(false), operation.Result).ConfigureAwait(false);
        }
        catch (RefusedException refused)
        {
            await Problem.WriteAsync(http, operation.Title, Problem.StatusOf(refused.Refusal), refused.Message).ConfigureAwait(false);
        }
        catch (WorkerManagementException exception)
        {
            await Problem.WriteAsync(http, operation.Title, StatusCodes.Status409Conflict, exception.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: nobody is there to be told.
        }
        catch (Exception exception)
        {
            // The border to the network: what nobody foresaw ends this request, and nothing else.
            var told = Unforeseen.Tell(operation, exception);
            if (http.Response.HasStarted)
            {
                http.Abort();
            }
            else
            {
                await Problem.WriteAsync(http, operation.Title, StatusCodes.Status500InternalServerError, told).ConfigureAwait(false);
            }
        }
    }

    private static Task WriteAsync(HttpContext http, object answer, JsonTypeInfo type)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(http.Response.Body, answer, type, http.RequestAborted);
    }
}
