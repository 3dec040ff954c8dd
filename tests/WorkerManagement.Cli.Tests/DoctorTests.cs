using System.Text.Json;
using EndToEnd.Tests;
using WorkerManagement.Cli.Doctor;

namespace WorkerManagement.Cli.Tests;

public sealed class DoctorTests : CommandFixture
{
    private static readonly string[] Names =
    [
        "socket", "state directory", "permissions", "socket path", "disk", "clock", "open files", "inotify users", "inotify watches", "/proc", "pidfd", "subreaper", "tags", "guard", "cgroup", "workers", "incidents", "leftovers",
    ];

    [Fact]
    public async Task It_looks_at_everything_without_a_manager_and_with_one()
    {
        (await ChecksAsync()).Select(check => check.GetProperty("name").GetString()).ShouldBe(Names);
        await using var run = await RunAsync("workers: { a: { command: [sh, -c, 'exit 3'], intensity: { restarts: 0, within: 60s } } }", "a GaveUp");
        var checks = await ChecksAsync();
        checks.Select(check => check.GetProperty("name").GetString()).ShouldBe(Names);
        Of(checks, "socket").GetProperty("found").GetString()!.ShouldStartWith($"process {run.Process.Id} answers at ");
        Of(checks, "workers").GetProperty("remedy").GetString().ShouldBe("workers why a; workers start a");
        checks.Where(check => check.GetProperty("state").GetString() != "ok").ShouldAllBe(check => check.GetProperty("remedy").GetString() != null);
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task What_cannot_work_is_a_failure_with_the_line_that_mends_it()
    {
        var file = Path.Combine(State, "file");
        await File.WriteAllTextAsync(file, "", Cancel);
        var (code, output) = await Executable.RunAsync("workers", "doctor", "--state-dir", file);
        code.ShouldBe(1);
        output.ShouldContain($"fail  state directory  '{file}' is a file\n");
        output.ShouldContain("-> name another directory with --state-dir or WORKERS_STATE_DIR");
    }

    [Fact]
    public async Task Others_who_may_enter_and_a_dead_socket_are_warned_of()
    {
        var state = Directory.CreateDirectory(Path.Combine(State, "open")).FullName;
        File.SetUnixFileMode(state, (UnixFileMode)0b111_101_101);
        await File.WriteAllTextAsync(Path.Combine(state, "api.sock"), "", Cancel);
        var (code, output) = await Executable.RunAsync("workers", "doctor", "-q", "--state-dir", state);
        code.ShouldBe(0, output);
        output.ShouldContain($"-> chmod 700 '{state}'");
        output.ShouldContain("nobody listens: its manager was killed");
        output.ShouldNotContain("ok    ");
    }

    [Fact]
    public async Task A_survivor_of_a_killed_manager_is_a_leftover()
    {
        // Only the keeper's and the guard's death with the manager's leaves one.
        await using var run = await RunAsync("workers: { a: { command: [sleep, '1000'] } }", "a Running");
        using (var status = JsonDocument.Parse((await WorkersAsync("status", "-o", "json")).Output))
        {
            var manager = status.RootElement.GetProperty("manager");
            int[] pids = [run.Process.Id, manager.GetProperty("keeper_pid").GetInt32(), manager.GetProperty("guard_pid").GetInt32()];
            var pins = pids.Select(pid => Posix.PidFd.TryOpen(pid)!).ToArray();
            Array.ForEach(pins, pin => pin.Send(19));
            Array.ForEach(pins, pin => pin.Send(9));
            Array.ForEach(pins, pin => pin.Dispose());
        }

        await run.Process.WaitForExitAsync(Cancel);
        Of(await ChecksAsync(), "leftovers").GetProperty("remedy").GetString().ShouldBe("workers reap");
        (await WorkersAsync("reap", "--plan")).Output.ShouldMatch(@"process \d+ \(sleep\) of run 1 \[SIGTERM 2s, SIGKILL\]");
        (await WorkersAsync("reap")).Code.ShouldBe(0);
        Of(await ChecksAsync(), "leftovers").GetProperty("state").GetString().ShouldBe("ok");
    }

    [Theory]
    [InlineData(256, "fail")]
    [InlineData(1024, "warn")]
    [InlineData(1_048_576, "ok")]
    [InlineData(ulong.MaxValue, "ok")]
    public void Open_files_are_judged(ulong hard, string state) => MachineChecks.OpenFiles(hard).State.ShouldBe(state);

    [Theory]
    [InlineData(ulong.MaxValue, "ok")]
    [InlineData(1000, "warn")]
    public void Tags_are_judged(ulong inherited, string state) => MachineChecks.Tag(42, inherited).State.ShouldBe(state);

    [Theory]
    [InlineData(1_000_000, "fail")]
    [InlineData(100_000_000, "warn")]
    [InlineData(100_000_000_000, "ok")]
    public void Room_is_judged(long free, string state) => DirectoryChecks.JudgeDisk(free).State.ShouldBe(state);

    private static JsonElement Of(IEnumerable<JsonElement> checks, string name) => checks.Single(check => check.GetProperty("name").GetString() == name);

    private async Task<JsonElement[]> ChecksAsync()
    {
        var (code, output) = await WorkersAsync("doctor", "-o", "json");
        code.ShouldBe(0, output);
        using var document = JsonDocument.Parse(output);
        return [.. document.RootElement.GetProperty("checks").EnumerateArray().Select(check => check.Clone())];
    }
}
