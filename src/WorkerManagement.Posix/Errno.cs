namespace WorkerManagement.Posix;

/// <summary>Placeholder.</summary>
internal static class Errno
{
}
