using System.Diagnostics;
using WorkerManagement.Posix;

namespace WorkerManagement.Tests;

/// <summary>User and group 65534 without further groups: what a test that runs as root runs programs as.</summary>
internal static class OrdinaryUser
{
    private static readonly Lazy<string?> Reason = new(Find);

    /// <summary>What stands before a command.</summary>
    public static readonly string[] Command = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

    /// <summary>Why there is none here; null when there is.</summary>
    public static string? Missing => Reason.Value;

    /// <summary>Skips the test where there is none.</summary>
    public static void Needed() => Assert.SkipWhen(Missing is not null, Missing ?? "");

    private static string? Find()
    {
        if (ProcessControl.UserId != 0 || !File.Exists(Command[0]))
        {
            return "needs root, and setpriv to become an ordinary user";
        }

        using var probe = Process.Start(Command[0], [.. Command[1..], "/usr/bin/test", "-x", AppContext.BaseDirectory]);
        probe.WaitForExit();
        return probe.ExitCode == 0 ? null : $"an ordinary user may not reach '{AppContext.BaseDirectory}': the checkout is below a private directory";
    }
}
