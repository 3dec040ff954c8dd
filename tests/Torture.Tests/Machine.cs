using System.Diagnostics;
using WorkerManagement.Posix;

namespace Torture.Tests;

/// <summary>What this machine lets a test do.</summary>
internal static class Machine
{
    private static readonly Lazy<Task<string?>> OrdinaryUser = new(TryOrdinaryUserAsync);

    internal static async Task SkipUnlessPossibleAsync(Setting setting)
    {
        if (setting.AsOrdinaryUser && await OrdinaryUser.Value is { } reason)
        {
            Assert.Skip(reason);
        }
    }

    private static async Task<string?> TryOrdinaryUserAsync()
    {
        if (ProcessControl.UserId != 0)
        {
            return "only root can start a server as another user; the other settings run as an ordinary user already";
        }

        var start = new Setting("tag", AsOrdinaryUser: true).Command(Server.Program, "hello");
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        start.WorkingDirectory = "/";
        using var hello = Process.Start(start)!;
        var said = await hello.StandardError.ReadToEndAsync();
        await hello.WaitForExitAsync();
        return hello.ExitCode == 0 ? null : $"user 65534 cannot run '{Server.Program}' (a checkout or a .NET below /root?): {said}";
    }
}

/// <summary>Waits for what the kernel tells.</summary>
internal static class Waits
{
    internal static Task EndOf(PidFd pin, CancellationToken cancel) => Task.Run(() => Poll.IsReadable(pin.Descriptor, 60_000).ShouldBeTrue(), cancel);

    /// <summary>Takes a file's lock: whoever had it is gone then.</summary>
    internal static async Task LockOf(string file, CancellationToken cancel)
    {
        if (File.Exists(file))
        {
            var descriptor = Descriptors.Open(file, Descriptors.ReadWrite);
            await Task.Run(() => Descriptors.Lock(descriptor, wait: true), CancellationToken.None).WaitAsync(cancel);
            Descriptors.Close(descriptor);
        }
    }
}
