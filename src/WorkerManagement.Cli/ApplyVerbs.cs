using System.Globalization;
using System.Text.Json;
using WorkerManagement.Cli.Output;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Cli;

/// <summary><c>workers plan</c>, <c>apply</c>, <c>reload</c> and <c>scale</c>: from what is to what should be.</summary>
internal static class ApplyVerbs
{
    /// <summary>The configuration in a file, or, without one, in the file that the manager was run with.</summary>
    public static async Task<int> ApplyAsync(Invocation call, string? file, bool plan, CancellationToken cancellationToken)
    {
        using var client = new ManagerClient(call.StateDirectory);
        if (file is null)
        {
            using var status = await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false);
            file = status.RootElement.GetProperty("manager").GetProperty("configuration_file").GetString();
            if (file is null)
            {
                return call.Fail("the workers of this manager come from its program, not from a file; give one with: workers apply -f FILE");
            }
        }

        var directory = Path.GetDirectoryName(Path.GetFullPath(file))!;
        string text;
        try
        {
            // Read here, so that the file's own mistakes are told with their lines, and nothing is asked of the manager.
            text = WorkersFile.ReadText(file);
            WorkersFile.ParseWhole(text, file, directory, new());
        }
        catch (WorkerManagementException exception)
        {
            return call.Wrong(exception.Message);
        }

        return await AskAsync(call, client, $"apply {file}", $"/v1/apply?name={Uri.EscapeDataString(file)}&directory={Uri.EscapeDataString(directory)}", text, plan, cancellationToken).ConfigureAwait(false);
    }

    public static async Task<int> ScaleAsync(Invocation call, string type, int replicas, bool plan, CancellationToken cancellationToken)
    {
        if (replicas < 0)
        {
            return call.Wrong(string.Create(CultureInfo.InvariantCulture, $"{replicas} replicas: give a number, 0 or more"));
        }

        using var client = new ManagerClient(call.StateDirectory);
        return await AskAsync(call, client, $"scale {type} to {replicas}", string.Create(CultureInfo.InvariantCulture, $"/v1/types/{Uri.EscapeDataString(type)}/scale?replicas={replicas}"), "", plan, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<int> AskAsync(Invocation call, ManagerClient client, string doing, string path, string body, bool plan, CancellationToken cancellationToken)
    {
        if (plan)
        {
            using var planned = await client.AskAsync(HttpMethod.Post, path + "&plan=true", cancellationToken, body).ConfigureAwait(false);
            return call.Json ? call.PrintJson(planned) : Tell(call, planned.RootElement);
        }

        using var answer = await Progress.WhileAsync(call, doing, client, client.AskAsync(HttpMethod.Post, path, cancellationToken, body), cancellationToken).ConfigureAwait(false);
        var success = answer.RootElement.GetProperty("success").GetBoolean();
        if (call.Json)
        {
            _ = call.PrintJson(answer);
        }
        else if (!call.Quiet)
        {
            PrintSteps(call, answer.RootElement);
        }

        var message = answer.RootElement.GetProperty("message").GetString()!;
        return !success ? call.Fail(message) : call.Json ? ExitCodes.Done : call.Confirm(message);
    }

    private static int Tell(Invocation call, JsonElement plan)
    {
        PrintSteps(call, plan);
        var unchanged = plan.GetProperty("unchanged").GetInt32();
        return plan.GetProperty("steps").GetArrayLength() == 0
            ? call.Say(string.Create(CultureInfo.InvariantCulture, $"nothing is to be changed; {unchanged} workers are as they should be"))
            : call.Say(string.Create(CultureInfo.InvariantCulture, $"{unchanged} workers stay as they are; at worst {plan.GetProperty("worst_case_seconds")} s"));
    }

    private static void PrintSteps(Invocation call, JsonElement answer)
    {
        var rows = answer.GetProperty("steps").EnumerateArray().Select(step => (Cell[])
        [
            new(Word(step), step.GetProperty("outcome").GetString() switch { "Done" => Tone.Good, "Restored" or "Failed" => Tone.Bad, _ => Tone.Plain }),
            step.GetProperty("name").GetString()!,
            string.Join(", ", step.GetProperty("changed").EnumerateArray().Select(key => key.GetString())),
        ]).ToArray();
        foreach (var line in Table.Lines(null, rows, call.Screen))
        {
            call.Out.WriteLine(line);
        }
    }

    // In a plan what is to be done; in a report what came of it.
    private static string Word(JsonElement step)
    {
        var action = step.GetProperty("action").GetString();
        return step.GetProperty("outcome").GetString() switch
        {
            "Done" => action switch { "Update" => "updated", "Add" => "added", "Replace" => "replaced", _ => "removed" },
            "Restored" => "restored",
            "Failed" => "failed",
            _ => action!.ToLowerInvariant(),
        };
    }
}
