using System.Diagnostics;
using System.Text.Json;
using WorkerManagement.Posix;
using WorkerManagement.Tests;

namespace EndToEnd.Tests;

/// <summary>Machines and users that do not give the manager what it needs: who, what, why and remedy, or a documented degradation; never a stack trace.</summary>
public sealed class BadEnvironmentTests : IDisposable
{
    private static readonly string[] Nobody = OrdinaryUser.Command;

    // An ordinary user may get here too.
    private readonly string _directory = Directory.CreateTempSubdirectory("state-").FullName;

    public BadEnvironmentTests()
    {
        File.SetUnixFileMode(_directory, (UnixFileMode)0x1FF);
        File.WriteAllText(Config, "workers: { a: { command: [sleep, '1000'] } }");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Config => Path.Combine(_directory, "workers.yaml");

    private string State => Path.Combine(_directory, "state");

    [Theory]
    [InlineData("/etc/hostname", "the guard '/etc/hostname' is not executable; chmod +x it, or unset WORKERS_GUARD")]
    [InlineData("/nonexistent/guard", "the guard '/nonexistent/guard' is missing; build with the project")]
    [InlineData("/bin/true", "the guard ended before it was ready")]
    [InlineData("garbage", "Exec format error; check its mode")]
    [InlineData("pretender", "does not answer as one: ")]
    [InlineData("other-version", "this guard is 9.9.9 with protocol ")]
    public async Task A_wrong_guard_is_refused(string guard, string told)
    {
        var mode = guard == "/etc/hostname" ? File.GetUnixFileMode(guard) : default;
        Assert.SkipWhen((mode & UnixFileMode.UserExecute) != 0, "somebody made /etc/hostname executable");
        var path = guard switch
        {
            "garbage" => Script(guard, "\u0001\u0002\u0003"),
            "pretender" => Script(guard, "#!/bin/sh\necho ready\n"),
            "other-version" => Script(guard, $"#!/bin/sh\nexec {Path.Combine(AppContext.BaseDirectory, "guard", "workers-guard")} \"$1\" \"$2\" \"$3\" \"$4\" \"$5\" \"$6\" 9.9.9\n"),
            _ => guard,
        };
        foreach (var prefix in Users())
        {
            await RefusedAsync([.. prefix, "/usr/bin/env", $"WORKERS_GUARD={path}", .. Run(State)], told);
            Directory.Delete(State, recursive: true);
        }

        if (mode != default)
        {
            File.GetUnixFileMode(guard).ShouldBe(mode, "what is no guard is left alone");
        }
    }

    [Theory]
    [InlineData("file", "the state directory '{0}/file' cannot be used: ")]
    [InlineData("file/below", "the state directory '{0}/file/below' cannot be used: ")]
    public async Task A_state_directory_that_cannot_be_one_is_refused(string name, string told)
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "file"), "", Cancel);
        foreach (var prefix in Users())
        {
            await RefusedAsync([.. prefix, .. Run(Path.Combine(_directory, name))], string.Format(null, told, _directory), "give a directory that this user may write (--state-dir, WORKERS_STATE_DIR)");
        }
    }

    [Fact]
    public async Task A_state_directory_of_somebody_else_is_refused()
    {
        OrdinaryUser.Needed();
        Directory.CreateDirectory(State, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await RefusedAsync([.. Nobody, .. Run(State)], $"the state directory '{State}' cannot be used: ", "give a directory that this user may write");
        await RefusedAsync([.. Nobody, .. Run("/etc/workers-state")], "the state directory '/etc/workers-state' cannot be used: ", "give a directory that this user may write");
    }

    [Fact]
    public async Task A_live_managers_directory_is_refused_and_its_socket_is_not_for_others()
    {
        await using var run = Start(Run(State));
        await run.LineAsync("a Running");
        await RefusedAsync(Run(State), $"belongs to a running manager, process {run.Process.Id}; stop that one first, or name another directory");
        if (OrdinaryUser.Missing is null)
        {
            var (code, output) = await RunAsync([.. Nobody, Workers, "status", "--state-dir", State]);
            (code, output.Contains("   at ", StringComparison.Ordinal)).ShouldBe((1, false), output);
            output.ShouldContain("may not be used by this user; run the command as the user that runs the manager");
        }

        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task A_path_of_more_than_107_bytes_simply_works()
    {
        var deep = Path.Combine(_directory, new string('d', 100), new string('e', 60));
        await File.WriteAllTextAsync(Config, "workers: { a: { command: [sleep, '1000'], ready: { notify: true, timeout: 24h } } }", Cancel);
        foreach (var prefix in Users())
        {
            await using (var run = Start([.. prefix, .. Run(deep)]))
            {
                await run.LineAsync("a Starting");
                (await RunAsync([.. prefix, Workers, "status", "--state-dir", deep])).Code.ShouldBe(0);
                (await RunAsync([.. prefix, Workers, "verify", "--state-dir", deep])).Code.ShouldBe(0);
                (await RunAsync([.. prefix, Workers, "stop", "--all", "--state-dir", deep])).Code.ShouldBe(0);
                (await run.SignalAsync(15)).ShouldBe(0);
                run.All.ShouldNotContain("   at ");
            }

            (await RunAsync([.. prefix, Workers, "status", "--state-dir", deep])).Code.ShouldBe(3);
            Directory.Delete(Path.Combine(_directory, new string('d', 100)), recursive: true);
        }
    }

    [Fact]
    public async Task Too_few_open_files_are_told_and_512_are_enough()
    {
        foreach (var prefix in Users())
        {
            await RefusedAsync(["/usr/bin/prlimit", "--nofile=64:64", .. prefix, .. Run(State)], "this process may have only 64 open files, and needs 512; raise the limit (ulimit -Hn 512");
        }

        await using var run = Start(["/usr/bin/prlimit", "--nofile=512:512", .. Run(State)]);
        await run.LineAsync("a Running");
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task Without_proc_it_is_refused()
    {
        OrdinaryUser.Needed();
        var pipe = Path.Combine(_directory, "pipe");
        (await RunAsync(["/usr/bin/mkfifo", pipe])).Code.ShouldBe(0);
        await using var run = Start(["/usr/bin/unshare", "--mount", "--propagation", "private", Workers, "run", "-f", pipe, "--state-dir", State]);

        // It begins under a /proc (the runtime does not start without one), reads its configuration, and finds none when it needs it.
        await using (var writer = await Task.Run(() => new StreamWriter(pipe), Cancel).WaitAsync(TimeSpan.FromSeconds(60), Cancel))
        {
            var (code, output) = await RunAsync(["/usr/bin/nsenter", $"--mount=/proc/{run.Process.Id}/ns/mnt", "/usr/bin/umount", "-l", "/proc"]);
            Assert.SkipUnless(code == 0, $"this machine does not let us take /proc away: {output}");
            await writer.WriteAsync("workers: { a: { command: [sleep, '1000'] } }");
        }

        await run.Process.WaitForExitAsync(Cancel);
        run.All.ShouldBe("workers: cannot read /proc/self/stat; mount /proc (mount -t proc proc /proc), the manager cannot identify processes without it");
        run.Process.ExitCode.ShouldBe(2);
    }

    [Fact]
    public async Task With_hidepid_it_works_for_an_ordinary_user()
    {
        OrdinaryUser.Needed();

        // A /proc of its own: remounting the machine's would change it for everybody.
        string[] prefix = ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", "mount -t proc -o hidepid=2 proc /proc && exec \"$@\"", "sh", .. Nobody];
        var (probe, said) = await RunAsync([.. prefix, "/bin/ls", "/proc/1"]);
        Assert.SkipWhen(said.Contains("mount:", StringComparison.Ordinal), $"this machine does not mount a /proc with hidepid: {said}");
        probe.ShouldNotBe(0, "others' processes are hidden");
        await using var run = Start([.. prefix, .. Run(State)]);
        await run.LineAsync("a Running");
        // Where the machine is slow, it tells its progress before.
        (await RunAsync([.. prefix, Workers, "stop", "--all", "--state-dir", State])).ShouldSatisfyAllConditions(stopped => stopped.Code.ShouldBe(0), stopped => stopped.Output.ShouldEndWith("Stopped 1 workers"));
        (await RunAsync([.. prefix, Workers, "verify", "--state-dir", State])).Code.ShouldBe(0);
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task Without_a_cgroup_the_status_says_why_and_what_is_used()
    {
        OrdinaryUser.Needed();
        string[] prefix = [.. Nobody, "/usr/bin/env", "WORKERS_CONTAINMENT=cgroup"];
        await using var run = Start([.. prefix, .. Run(State)]);
        await run.LineAsync("a Running");
        using var status = JsonDocument.Parse((await RunAsync([.. Nobody, Workers, "status", "-o", "json", "--state-dir", State])).Output);
        var manager = status.RootElement.GetProperty("manager");
        Assert.SkipWhen(manager.GetProperty("containment").GetString() == "cgroup", "an ordinary user may make cgroups here");
        manager.GetProperty("containment").GetString().ShouldBe("tag");
        TestContext.Current.TestOutputHelper!.WriteLine(manager.GetProperty("containment_note").GetString()!);
        manager.GetProperty("containment_note").GetString().ShouldNotBeNullOrEmpty();
        status.RootElement.GetProperty("workers")[0].GetProperty("containment").GetString().ShouldBe("tag");
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task A_stop_that_is_not_settled_in_time_is_4_and_the_worker_stays_listed()
    {
        OrdinaryUser.Needed();

        // A worker that became root: its manager, an ordinary user, may not signal it.
        var raise = Path.Combine(_directory, "raise");
        File.Copy("/usr/bin/setpriv", raise);
        File.SetUnixFileMode(raise, UnixFileMode.SetUser | (UnixFileMode)0x1ED);
        await File.WriteAllTextAsync(Config, $"shutdown_timeout: 1s\nworkers: {{ root: {{ command: [{raise}, --reuid=0, --regid=0, --clear-groups, sh, -c, 'echo up; exec sleep 1000'], stop: [{{ wait: 200ms }}], ready: {{ log: up }} }} }}", Cancel);
        await using var run = Start([.. Nobody, .. Run(State)]);
        await run.LineAsync("root Running: ready");
        var (code, output) = await RunAsync([.. Nobody, Workers, "stop", "root", "--timeout", "200ms", "--state-dir", State]);
        TestContext.Current.TestOutputHelper!.WriteLine(output);
        (code, output).ShouldBe((4, output));
        output.ShouldContain("root: not settled (");
        using var status = JsonDocument.Parse((await RunAsync([.. Nobody, Workers, "status", "-o", "json", "--state-dir", State])).Output);
        var worker = status.RootElement.GetProperty("workers")[0];
        (worker.GetProperty("state").GetString(), worker.GetProperty("alive").GetBoolean()).ShouldBe(("Stopping", true));
        using (var pinned = PidFd.TryOpen(worker.GetProperty("pid").GetInt32()).ShouldNotBeNull())
        {
            pinned.Send(9).ShouldBeTrue();
        }

        await run.LineAsync("root Stopped");
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static string Workers => Path.Combine(AppContext.BaseDirectory, "workers");

    // This user, and an ordinary one where this one is root.
    private static IEnumerable<string[]> Users() => OrdinaryUser.Missing is null ? [[], Nobody] : [[]];

    private string[] Run(string state) => [Workers, "run", "-f", Config, "--state-dir", state];

    private static Executable Start(string[] command) => Executable.Start(command[0], command[1..]);

    private static Task<(int Code, string Output)> RunAsync(string[] command) => Executable.RunAsync(command[0], command[1..]);

    private static async Task RefusedAsync(string[] command, params string[] told)
    {
        var started = Stopwatch.GetTimestamp();
        var (code, output) = await RunAsync(command);
        foreach (var words in told)
        {
            output.ShouldContain(words);
        }

        (code, output.Split('\n').Length, output.Contains("   at ", StringComparison.Ordinal)).ShouldBe((2, 1, false), output);
        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(50));
    }

    private string Script(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
        return path;
    }
}
