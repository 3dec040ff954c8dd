using System.Text;
using WorkerManagement.Posix;

namespace WorkerManagement.Guard;

/// <summary>Runs that ended with no manager to hear it: one JSON line each in STATE/exits.jsonl, for the next manager.</summary>
internal static class ExitRecords
{
    internal static void Append(string stateDirectory, Run run)
    {
        var ending = run.Exit switch
        {
            ExitStatus.Exited exited => $"\"code\":{exited.Code}",
            ExitStatus.Signaled signaled => $"\"signal\":{signaled.Signal},\"core\":{(signaled.CoreDumped ? "true" : "false")}",
            _ => "\"lost\":true",
        };
        var at = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        var line = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{{\"incarnation\":{run.Incarnation},\"name\":\"{run.Name}\",\"pid\":{run.Pid},{ending},\"forced\":{(run.Forced ? "true" : "false")},\"at\":{at}}}\n");
        var file = Descriptors.TryOpen(Path.Combine(stateDirectory, "exits.jsonl"), Descriptors.WriteOnly | Descriptors.Create | Descriptors.Append, 0x180);
        if (file >= 0)
        {
            _ = Descriptors.Write(file, Encoding.UTF8.GetBytes(line));
            Descriptors.Close(file);
        }
    }
}
