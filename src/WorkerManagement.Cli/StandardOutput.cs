using WorkerManagement.Posix;

namespace WorkerManagement.Cli;

/// <summary>Whoever reads what the command says.</summary>
internal static class StandardOutput
{
    private static readonly bool IsPipe = new FileInfo("/proc/self/fd/1").LinkTarget?.StartsWith("pipe:", StringComparison.Ordinal) == true;

    /// <summary>Whether the reader of a pipe has left, as <c>head</c> does: the console passes over that in silence, and a verb that follows would go on for nobody.</summary>
    public static bool HasNoReader => IsPipe && Poll.IsReadable(1, 0);
}
