using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Api;

/// <summary>Changing the set of workers: apply a configuration, scale a type. With <c>?plan=true</c> only what that would do.</summary>
internal static class ApplyEndpoints
{
    // Servers may allow for less than a configuration of a thousand workers; no other request has a large body.
    private sealed class OfConfiguration : IRequestSizeLimitMetadata
    {
        private const long MostBytesOfCharacter = 4;

        public long? MaxRequestBodySize => WorkersFile.MaximumLength * MostBytesOfCharacter;
    }

    public static void Map(Func<string, RequestDelegate, IEndpointConventionBuilder> post, WorkerManager manager)
    {
        post("/v1/apply", context => ApplyAsync(manager, context)).WithMetadata(new OfConfiguration());
        post("/v1/types/{type}/scale", context => ScaleAsync(manager, context));
    }

    private static async Task ApplyAsync(WorkerManager manager, HttpContext context)
    {
        var specs = await ReadAsync(context).ConfigureAwait(false);
        await AnswerAsync(context, () => manager.PlanApply(specs), () => manager.ApplyAsync(specs, context.RequestAborted)).ConfigureAwait(false);
    }

    private static Task ScaleAsync(WorkerManager manager, HttpContext context)
    {
        var (type, replicas) = ((string)context.Request.RouteValues["type"]!, Replicas(context));
        return AnswerAsync(context, () => manager.PlanScale(type, replicas), () => manager.ScaleTypeAsync(type, replicas, context.RequestAborted));
    }

    // A step that failed is an answer, not an error of the request: the report says what is and what is not.
    private static async Task AnswerAsync(HttpContext context, Func<ApplyPlan> plan, Func<Task<ApplyReport>> act) =>
        await (WorkerManagerEndpoints.Query(context, "plan") == "true"
            ? Answers.WriteAsync(context, plan(), ReportJson.Default.ApplyPlan)
            : Answers.WriteAsync(context, await act().ConfigureAwait(false), ReportJson.Default.ApplyReport)).ConfigureAwait(false);

    // The configuration is the body, YAML or JSON; ?directory= is where its relative directories are taken from.
    private static async Task<IReadOnlyCollection<WorkerSpec>> ReadAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var text = await reader.ReadToEndAsync(context.RequestAborted).ConfigureAwait(false);
        var options = new WorkerManagerOptions();
        try
        {
            WorkersFile.ParseWhole(text, WorkerManagerEndpoints.Query(context, "name") ?? "body", WorkerManagerEndpoints.Query(context, "directory") ?? Environment.CurrentDirectory, options);
        }
        catch (WorkerManagementException exception)
        {
            throw new BadQueryException(exception.Message);
        }

        return [.. options.Workers];
    }

    private static int Replicas(HttpContext context) => int.TryParse(WorkerManagerEndpoints.Query(context, "replicas"), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new BadQueryException($"replicas '{WorkerManagerEndpoints.Query(context, "replicas")}' is not a number; give one such as ?replicas=3");
}
