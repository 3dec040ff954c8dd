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
            $"{{\"incarnation\":{run.Incarnation},\"name\":\"{Escaped(run.Name)}\",\"pid\":{run.Pid},{ending},\"forced\":{(run.Forced ? "true" : "false")},\"at\":{at}}}\n");
        var file = Descriptors.TryOpen(Path.Combine(stateDirectory, "exits.jsonl"), Descriptors.WriteOnly | Descriptors.Create | Descriptors.Append, 0x180);
        if (file >= 0)
        {
            _ = Descriptors.Write(file, Encoding.UTF8.GetBytes(line));
            Descriptors.Close(file);
        }
    }

    // A registered worker's name is free text.
    private static string Escaped(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var character in name)
        {
            _ = character is '"' or '\\' ? text.Append('\\').Append(character)
                : character < ' ' ? text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)character:x4}")
                : text.Append(character);
        }

        return text.ToString();
    }
}
