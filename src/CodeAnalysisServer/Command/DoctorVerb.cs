using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodeAnalysisServer.Command;

/// <summary><c>doctor</c>: whether this machine and the data directory give the server what it needs. Fails when something cannot work.</summary>
internal static class DoctorVerb
{
    public static async Task<int> RunAsync(string data, Output output, CancellationToken cancellationToken)
    {
        using var asking = await Asking.OpenAsync(data, cancellationToken).ConfigureAwait(false);
        JsonElement? manager = asking.Server is null ? null : (await asking.AskAsync("get_worker_status", cancellationToken).ConfigureAwait(false)).GetProperty("manager");
        Check[] checks =
        [
            asking.Server is { } server ? Check.Ok("server", $"process {server.Identity.Pid} on {string.Join(", ", server.Identity.Urls)}") : Check.Ok("server", $"none runs in '{asking.Data}'"),
            .. MachineChecks.All(),
            .. DataChecks.All(asking.Data),
            .. ManagerChecks.All(asking.Data, manager),
        ];
        if (output.Json)
        {
            Console.WriteLine(new JsonObject { ["checks"] = new JsonArray([.. checks.Select(check => (JsonNode)new JsonObject { ["name"] = check.Name, ["state"] = check.State, ["found"] = check.Found, ["remedy"] = check.Remedy })]) }.ToJsonString());
        }
        else
        {
            foreach (var check in checks)
            {
                output.Line($"{check.State,-4}  {check.Name,-14}  {check.Found}");
                if (check.Remedy is not null)
                {
                    output.Line($"{"",-22}→ {check.Remedy}");
                }
            }
        }

        return checks.Any(check => check.State == "fail") ? 1 : 0;
    }
}
