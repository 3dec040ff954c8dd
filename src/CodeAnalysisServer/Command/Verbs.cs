using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodeAnalysisServer.Command;

/// <summary>The verbs that ask.</summary>
internal static class Verbs
{
    /// <summary>The kinds of search, and the operations that they are.</summary>
    public static readonly IReadOnlyDictionary<string, string> Kinds = new Dictionary<string, string> { ["text"] = "fulltext_search", ["semantic"] = "semantic_search", ["hybrid"] = "hybrid_search", ["regex"] = "search_regex" };

    public static async Task<int> SearchAsync(string data, Output output, string query, string kind, int limit, string? cursor, CancellationToken cancellationToken)
    {
        using var asking = await Asking.OpenAsync(data, cancellationToken).ConfigureAwait(false);
        var answer = await asking.AskAsync(Kinds[kind], cancellationToken, (kind == "regex" ? "pattern" : "query", query), ("limit", $"{limit}"), ("cursor", cursor)).ConfigureAwait(false);
        if (output.Json)
        {
            Output.Write(answer);
        }
        else
        {
            output.Hits(answer.GetProperty("hits"));
            Output.Foot(answer, "hits", asking.By);
        }

        return 0;
    }

    public static async Task<int> EntityAsync(string data, Output output, string name, string? kind, int limit, string? cursor, CancellationToken cancellationToken)
    {
        using var asking = await Asking.OpenAsync(data, cancellationToken).ConfigureAwait(false);
        var answer = await asking.AskAsync("get_code_entity_info", cancellationToken, ("name", name), ("kind", kind), ("limit", $"{limit}"), ("cursor", cursor)).ConfigureAwait(false);
        if (output.Json)
        {
            Output.Write(answer);
            return 0;
        }

        foreach (var entity in answer.GetProperty("entities").EnumerateArray().Select(match => match.GetProperty("entity")))
        {
            output.Line($"{entity.GetProperty("kind").GetString()} {entity.GetProperty("qualified_name").GetString()}  {entity.GetProperty("path").GetString()}:{entity.GetProperty("start_line")}-{entity.GetProperty("end_line")}  id {entity.GetProperty("id")}");
            output.Line("    " + entity.GetProperty("signature").GetString());
            if (entity.GetProperty("doc").GetString() is { } doc)
            {
                output.Line("    " + doc.ReplaceLineEndings(" "));
            }
        }

        Output.Foot(answer, "entities", asking.By);
        return 0;
    }

    public static async Task<int> StatusAsync(string data, Output output, CancellationToken cancellationToken)
    {
        using var asking = await Asking.OpenAsync(data, cancellationToken).ConfigureAwait(false);
        var database = await asking.AskAsync("get_database_status", cancellationToken).ConfigureAwait(false);
        var projects = (await asking.AskAsync("list_projects", cancellationToken).ConfigureAwait(false)).GetProperty("projects");
        var workers = asking.Server is null ? (JsonElement?)null : (await asking.AskAsync("get_worker_status", cancellationToken).ConfigureAwait(false)).GetProperty("workers");
        if (output.Json)
        {
            JsonNode? Node(JsonElement? element) => element is { } there ? JsonNode.Parse(there.GetRawText()) : null;
            var all = new JsonObject { ["server"] = asking.Server is { } server ? new JsonObject { ["pid"] = server.Identity.Pid, ["urls"] = new JsonArray([.. server.Identity.Urls.Select(url => (JsonNode)url)]) } : null, ["database"] = Node(database), ["projects"] = Node(projects), ["workers"] = Node(workers) };
            Console.WriteLine(all.ToJsonString());
            return 0;
        }

        output.Line(asking.Server is { } running ? $"server    process {running.Identity.Pid} on {string.Join(", ", running.Identity.Urls)}" : "server    none runs; this is read from the index directly");
        output.Line($"index     {database.GetProperty("path").GetString()}, version {database.GetProperty("version")}, {(database.GetProperty("size_bytes").GetInt64() + database.GetProperty("log_bytes").GetInt64()) / 1e6:0.0} MB");
        output.Line($"holds     {database.GetProperty("files")} files, {database.GetProperty("entities")} entities, {database.GetProperty("errors")} errors, {database.GetProperty("chunks")} chunks, {database.GetProperty("waiting_for_embedding")} of them wait for an embedding");
        foreach (var waiting in database.GetProperty("waiting").EnumerateArray())
        {
            output.Line($"waiting   {waiting.GetString()}");
        }

        output.Table(["ROOT", "STATE", "FILES", "ENTITIES", "ERRORS", "LEFT OUT"], projects.EnumerateArray().Select(project => new[] { project.GetProperty("root").GetString()!, project.GetProperty("state").GetString()!, project.GetProperty("files").ToString(), project.GetProperty("entities").ToString(), project.GetProperty("errors").ToString(), project.GetProperty("left_out").GetString() is { Length: > 0 } why ? why : "-" }));
        if (workers is { } known)
        {
            output.Table(["WORKER", "STATE", "PID", "RESTARTS", "DOES"], known.EnumerateArray().Select(worker => new[] { worker.GetProperty("type").GetString()!, worker.GetProperty("state").GetString()!, worker.GetProperty("pid").ToString() is { Length: > 0 } pid ? pid : "-", worker.GetProperty("restarts").ToString(), worker.GetProperty("status_text").GetString() ?? worker.GetProperty("why").GetString()! }));
        }

        return 0;
    }
}
