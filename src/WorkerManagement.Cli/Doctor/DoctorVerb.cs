using System.Text.Json;
using WorkerManagement.Cli.Output;

namespace WorkerManagement.Cli.Doctor;

/// <summary><c>workers doctor</c>: whether this machine and the state directory give the manager what it needs, and the line that mends what is missing.</summary>
internal static class DoctorVerb
{
    public static async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var state = Path.GetFullPath(call.StateDirectory);
        var (answered, status) = await ManagerChecks.AskAsync(call.StateDirectory, cancellationToken).ConfigureAwait(false);
        using (status)
        {
            Check[] checks =
            [
                answered,
                .. DirectoryChecks.All(state),
                .. MachineChecks.All(state),
                CgroupCheck.Run(status),
                .. ManagerChecks.All(state, answered, status),
            ];
            _ = call.Json ? call.PrintValue(writer => Write(writer, checks)) : Print(call, checks);
            return checks.Any(check => check.State == "fail") ? ExitCodes.Failed : ExitCodes.Done;
        }
    }

    private static int Print(Invocation call, Check[] checks)
    {
        foreach (var check in checks.Where(check => !call.Quiet || check.State != "ok"))
        {
            var word = check.State.PadRight(4);
            call.Out.WriteLine($"{(call.Screen.Colour ? Table.Painted(word, check.State switch { "ok" => Tone.Good, "warn" => Tone.Warn, _ => Tone.Bad }) : word)}  {check.Name,-15}  {Table.Printable(check.Found)}");
            if (check.Remedy is { } remedy)
            {
                call.Out.WriteLine($"{"",-21}  -> {Table.Printable(remedy)}");
            }
        }

        return ExitCodes.Done;
    }

    private static void Write(Utf8JsonWriter writer, Check[] checks)
    {
        writer.WriteObjects("checks", checks, check =>
        {
            writer.WriteString("name", check.Name);
            writer.WriteString("state", check.State);
            writer.WriteString("found", check.Found);
            writer.WriteString("remedy", check.Remedy);
        });
    }
}
