using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;
using WorkerManagement.Tests;

namespace EndToEnd.Tests;

/// <summary>Process 1 of a container, as far as the kernel makes one: its own pids, its own mounts, no cgroup to write to.</summary>
public sealed class ContainerTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("container-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Workers => Path.Combine(AppContext.BaseDirectory, "workers");

    private string State => Path.Combine(_directory.FullName, "state");

    [Fact]
    public async Task Workers_run_is_a_good_process_1()
    {
        OrdinaryUser.Needed();
        var config = Path.Combine(_directory.FullName, "workers.yaml");
        await File.WriteAllTextAsync(config, "workers: { a: { command: [sleep, '1000'] } }", Cancel);
        string[] container = ["/usr/bin/unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", "mount -t tmpfs -o ro tmpfs /sys/fs/cgroup && exec \"$@\"", "sh"];
        var (code, output) = await Executable.RunAsync("env", [.. container, "/bin/true"]);
        Assert.SkipWhen(code != 0, $"this machine does not let root make namespaces: {output}");
        await using var run = Executable.Start("env", [.. container, Workers, "run", "-f", config, "--state-dir", State]);
        await run.LineAsync("a Running");
        var first = ChildrenOf(run.Process.Id).ShouldHaveSingleItem();
        using var pinned = PidFd.TryOpen(first).ShouldNotBeNull();
        string[] inside = ["/usr/bin/nsenter", $"--target={first}", "--pid", "--mount"];

        // What 'docker exec' leaves behind belongs to process 1, which reaps it.
        var keeper = ChildrenOf(first).ShouldHaveSingleItem();
        await DoneAsync([.. inside, "/bin/sh", "-c", "sleep 1000 > /dev/null 2>&1 &"]);
        Send(ChildrenOf(first).Where(child => child != keeper).ShouldHaveSingleItem(), Signals.Kill);
        await UntilAsync(() => ChildrenOf(first).Count == 1);

        // So does everything that the guardians had, when both are killed; the next pair ends it, and process 1 reaps it.
        var guard = ChildrenOf(keeper).ShouldHaveSingleItem();
        // Stopped first, the keeper cannot end on its own when the guard goes.
        Send(keeper, Signals.Stop);
        Send(guard, Signals.Kill);
        Send(keeper, Signals.Kill);
        await run.LineAsync("a Starting: restarting");
        await DoneAsync([.. inside, Workers, "wait", "a", "--for", "running", "--timeout", "60s", "--state-dir", State]);
        await UntilAsync(() => ChildrenOf(first) is [var only] && only != keeper);

        // As 'docker stop' does.
        pinned.Send(15).ShouldBeTrue();
        await run.Process.WaitForExitAsync(Cancel);
        run.Process.ExitCode.ShouldBe(0, run.All);
        run.All.ShouldEndWith("a Stopped: ended with SIGTERM");
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static List<int> ChildrenOf(int pid)
    {
        List<int> children = [];
        _ = ProcChildren.Read(pid, children, new byte[4096]);
        return children;
    }

    // From outside, by the numbers that they have there: no program of the container is needed for it.
    private static void Send(int pid, int signal)
    {
        using var pinned = PidFd.TryOpen(pid).ShouldNotBeNull();
        pinned.Send(signal).ShouldBeTrue();
    }

    private static async Task DoneAsync(string[] command)
    {
        var (code, output) = await Executable.RunAsync("env", command);
        code.ShouldBe(0, $"{string.Join(' ', command)}: {output}");
    }

    // Looked at again and again: the kernel tells nobody but the parent when a child is reaped.
    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
