using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WorkerManagement.Api;
using WorkerManagement.Api.Mcp;
using WorkerManagement.Capsules;

namespace WorkerManagement.Hosting.Tests;

/// <summary>The document tells what is served, and nothing else.</summary>
public sealed class OpenApiTests
{
    private static readonly Type[] Reports =
    [
        typeof(WorkerStatusReport), typeof(WorkerTypeSummary), typeof(WorkerStatus), typeof(WorkerExit), typeof(Incident), typeof(ManagerStatus), typeof(StopPlan), typeof(StopPlanWorker),
        typeof(WorkerStopReport), typeof(StopTypeReport), typeof(StopAllReport), typeof(UsageReport), typeof(WorkerUsage), typeof(MemberUsage), typeof(StatusChange),
        typeof(CapsuleList), typeof(CapsuleEntry), typeof(CrashCapsule), typeof(CapsuleMoment), typeof(ApplyPlan), typeof(ApplyStep), typeof(ApplyReport),
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_route_is_in_it_and_no_other()
    {
        await using var server = await new ApiServer().StartAsync("/workers");
        using var document = await DocumentAsync(server);
        var told = document.RootElement.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));
        var served = server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<Dashboard.Asset>() is null)
            // MCP describes itself: tools/list.
            .Where(endpoint => endpoint.Metadata.GetMetadata<McpEndpoint.Endpoint>() is null)
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []).Select(method => $"{method} {endpoint.RoutePattern.RawText!["/workers".Length..]}"));
        told.Order().ShouldBe(served.Order());
    }

    [Fact]
    public async Task Its_schemas_have_the_reports_properties_and_its_examples_too()
    {
        await using var server = await new ApiServer().StartAsync("/workers");
        using var document = await DocumentAsync(server);
        var schemas = document.RootElement.GetProperty("components").GetProperty("schemas");
        foreach (var type in Reports)
        {
            Names(schemas.GetProperty(type.Name).GetProperty("properties")).ShouldBe(
                JsonSerializerOptions.Default.GetTypeInfo(type).Properties.Where(property => property.Get is not null).Select(property => property.Name).Order(), type.Name);
        }

        schemas.EnumerateObject().Select(schema => schema.Name).Except(["Problem"]).ShouldBe(Reports.Select(type => type.Name), ignoreOrder: true);
    }

    [Fact]
    public async Task Every_operation_has_an_example_of_its_answer_that_fits_its_schema()
    {
        await using var server = await new ApiServer().StartAsync("/workers");
        using var document = await DocumentAsync(server);
        var schemas = document.RootElement.GetProperty("components").GetProperty("schemas");
        foreach (var operation in document.RootElement.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()))
        {
            foreach (var answer in operation.Value.GetProperty("responses").EnumerateObject().Where(answer => answer.Value.TryGetProperty("content", out _)))
            {
                var content = answer.Value.GetProperty("content").EnumerateObject().ShouldHaveSingleItem().Value;
                Fits(content.GetProperty("example"), content.GetProperty("schema"), schemas, operation.Value.GetProperty("operationId").GetString()!);
            }

            if (operation.Value.TryGetProperty("parameters", out var parameters))
            {
                parameters.EnumerateArray().Where(parameter => !parameter.TryGetProperty("$ref", out _) && !parameter.TryGetProperty("example", out _)).ShouldBeEmpty();
            }
        }
    }

    // As far as the document goes: objects with exactly their properties, arrays, enumerations.
    private static void Fits(JsonElement value, JsonElement schema, JsonElement schemas, string where)
    {
        if (schema.TryGetProperty("oneOf", out var either))
        {
            if (value.ValueKind is not JsonValueKind.Null)
            {
                Fits(value, either[0], schemas, where);
            }
        }
        else if (schema.TryGetProperty("$ref", out var reference))
        {
            var name = reference.GetString()!.Split('/')[^1];
            var properties = schemas.GetProperty(name).GetProperty("properties");
            Names(value).ShouldBe(Names(properties), $"{where}: {name}");
            foreach (var property in value.EnumerateObject())
            {
                Fits(property.Value, properties.GetProperty(property.Name), schemas, $"{where}.{property.Name}");
            }
        }
        else if (schema.TryGetProperty("items", out var items))
        {
            foreach (var item in value.EnumerateArray())
            {
                Fits(item, items, schemas, where);
            }
        }
        else if (schema.TryGetProperty("additionalProperties", out var each))
        {
            foreach (var property in value.EnumerateObject())
            {
                Fits(property.Value, each, schemas, where);
            }
        }
        else if (schema.TryGetProperty("enum", out var cases))
        {
            cases.EnumerateArray().Select(one => one.GetString()).ShouldContain(value.GetString(), where);
        }
    }

    private static IEnumerable<string> Names(JsonElement value) => value.EnumerateObject().Select(property => property.Name).Order();

    private static async Task<JsonDocument> DocumentAsync(ApiServer server) =>
        JsonDocument.Parse(await server.Http.GetStringAsync(new Uri("/workers/v1/openapi.json", UriKind.Relative), Cancel));
}
