using System.Text;
using WorkerManagement.Posix;

namespace WorkerManagement.Guard;

/// <summary>Plain writes. Console would start threads and handlers that this process must not have.</summary>
internal static class Output
{
    /// <summary>This executable, to be started again in the other role.</summary>
    internal static string OwnProgram { get; } = Environment.ProcessPath ?? "/proc/self/exe";

    internal static void Write(int descriptor, string text) => _ = Descriptors.Write(descriptor, Encoding.UTF8.GetBytes(text));

    /// <summary>A line in guard.log, for the operator.</summary>
    internal static void Log(string line) => Write(2, $"{DateTimeOffset.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} {line}\n");

    /// <summary>Guard and keeper append what they have to say to STATE/guard.log; a disk that is full must not stop them.</summary>
    internal static void SendErrorsToLog(string stateDirectory)
    {
        var log = Descriptors.TryOpen(Path.Combine(stateDirectory, "guard.log"), Descriptors.WriteOnly | Descriptors.Create | Descriptors.Append, 0x180);
        if (log < 0)
        {
            log = Descriptors.Open("/dev/null", Descriptors.WriteOnly);
        }

        Descriptors.Duplicate(log, 2, closeOnExec: false);
        Descriptors.Close(log);
    }
}
