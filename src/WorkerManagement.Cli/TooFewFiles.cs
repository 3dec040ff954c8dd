using System.Runtime.CompilerServices;
using System.Text;
using WorkerManagement.Posix;

namespace WorkerManagement.Cli;

/// <summary>
/// With a hard limit of few open files the runtime cannot even load its assemblies later, and ends with a trace about one of them.
/// So this is looked at before anything else, and told without the console.
/// </summary>
internal static class TooFewFiles
{
    // The command with the runtime's own files has about 190 open, and four more for each worker that writes.
    private const ulong Least = 512;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool Refused()
    {
        // The runtime has raised the soft limit to the hard one.
        var limit = ResourceLimits.Get(ResourceLimits.OpenFiles).Hard;
        if (limit >= Least)
        {
            return false;
        }

        _ = Descriptors.Write(2, Encoding.UTF8.GetBytes($"workers: this process may have only {limit} open files, and needs {Least}; raise the limit (ulimit -Hn {Least}, prlimit --nofile, or LimitNOFILE= of its unit)\n"));
        return true;
    }
}
