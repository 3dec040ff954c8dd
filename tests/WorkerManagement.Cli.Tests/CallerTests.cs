using EndToEnd.Tests;
using WorkerManagement.Posix;

namespace WorkerManagement.Cli.Tests;

/// <summary>How others start and stop the command: without standard streams or with one that nobody reads, and with every signal told twice.</summary>
public sealed class CallerTests : CommandFixture
{
    private static readonly string Workers = Path.Combine(AppContext.BaseDirectory, "workers");

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("0 1 2")]
    public async Task Closed_standard_streams_are_nothing_to_write_to(string closed)
    {
        var without = string.Concat(closed.Split(' ').Select(number => $" {number}>&-"));
        await WriteAsync("workers: { a: { command: [sh, -c, 'echo out; echo err >&2; exec sleep 1000'], ready: { log: '^out' } } }");
        await using var run = Executable.Start("env", "sh", "-c", $"exec '{Workers}' run -f '{ConfigurationFile}' --state-dir '{State}'{without}");
        await RunsAsync();
        (await WorkersAsync("logs", "a", "--stream", "stderr")).ShouldBe((0, "err"));
        (await Executable.RunAsync("env", "sh", "-c", $"exec '{Workers}' statsu{without}")).Code.ShouldBe(2);
        (await Executable.RunAsync("env", "sh", "-c", $"exec '{Workers}' status --state-dir '{State}'{without}")).Code.ShouldBe(0);
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task Standard_error_that_nobody_reads_holds_up_neither_supervision_nor_the_end()
    {
        await WriteAsync("workers: { a: { command: [sleep, '1000'] } }");
        var full = Path.Combine(State, "full");
        await using var run = Executable.Start("env", "sh", "-c", $"mkfifo '{full}' && exec 3<>'{full}' && head -c 65536 /dev/zero >&3 && exec '{Workers}' run -f '{ConfigurationFile}' --state-dir '{State}' 2>&3 3>&-");
        await RunsAsync();
        (await WorkersAsync("restart", "a")).Code.ShouldBe(0);
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task A_manager_that_is_stopped_is_told_and_not_waited_for()
    {
        await using var run = await RunAsync("workers: { a: { command: [sleep, '1000'] } }", "a Running");
        using var pin = PidFd.TryOpen(run.Process.Id).ShouldNotBeNull();
        pin.Send(Signals.Stop).ShouldBeTrue();
        var told = $"the manager, process {run.Process.Id}, is stopped and does not answer; let it go on (kill -CONT {run.Process.Id})";
        var (code, output) = await WorkersAsync("status");
        (code, output).ShouldBe((1, output));
        output.ShouldStartWith("workers: " + told);
        (code, output) = await WorkersAsync("doctor");
        code.ShouldBe(1, output);
        output.ShouldContain(told);
        pin.Send(18).ShouldBeTrue();
        (await WorkersAsync("status")).Code.ShouldBe(0);
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task A_signal_told_twice_is_one_and_a_second_one_is_meant()
    {
        const string Slow = "workers: { a: { command: [sh, -c, \"trap 'sleep 0.3; echo goodbye; exit 0' TERM; echo up; while :; do sleep 0.05; done\"], ready: { log: '^up' }, stop: [{ signal: TERM, wait: 30s }] } }";
        await using (var run = await RunAsync(Slow, "a Running: ready"))
        {
            // As timeout(1) does, which signals its child and then the group that both are in; two of a kind would often arrive as one.
            using var pin = PidFd.TryOpen(run.Process.Id).ShouldNotBeNull();
            pin.Send(2).ShouldBeTrue();
            (await run.SignalAsync(15)).ShouldBe(0);
            run.All.ShouldContain("a Stopped: ended with exit code 0");
        }

        const string Deaf = "workers: { a: { command: [sh, -c, \"trap '' TERM; echo up; while :; do sleep 0.05; done\"], ready: { log: '^up' }, stop: [{ signal: TERM, wait: 30s }] } }";
        await using (var run = await RunAsync(Deaf, "a Running: ready"))
        {
            using var pin = PidFd.TryOpen(run.Process.Id).ShouldNotBeNull();
            pin.Send(15).ShouldBeTrue();
            await run.LineAsync("a Stopping");
            // The time itself is what is tested: so much later nobody takes it for the first one told twice.
            await Task.Delay(300, Cancel);
            (await run.SignalAsync(15)).ShouldBe(0);
            run.All.ShouldContain("a Stopped: ended with SIGKILL");
        }
    }

    // The command waits 2 s for a manager that was just launched, which is little on a machine that has others to run.
    private async Task RunsAsync()
    {
        var code = ExitCodes.NoManager;
        for (var tries = 0; code == ExitCodes.NoManager && tries < 30; tries++)
        {
            (code, _) = await WorkersAsync("wait", "a", "--timeout", "60s");
        }

        code.ShouldBe(0);
    }
}
