using System.Text;
using WorkerManagement.Logs;

namespace WorkerManagement.Tests;

/// <summary>Levels, merging, and what real workers write to both pipes.</summary>
public sealed class LogReadingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{\"level\":\"error\",\"msg\":\"x\"}", nameof(LogLevelOf.Error))]
    [InlineData("{\"a\":{\"level\":\"error\"},\"lvl\":\"Debug\"}", nameof(LogLevelOf.Debug))]
    [InlineData("{\"level\":30,\"msg\":\"pino\"}", nameof(LogLevelOf.Info))]
    [InlineData("{\"level\":50}", nameof(LogLevelOf.Error))]
    [InlineData("{\"EventId\":1,\"LogLevel\":\"Warning\"}", nameof(LogLevelOf.Warn))]
    [InlineData("{\"@l\":\"Fatal\"}", nameof(LogLevelOf.Fatal))]
    [InlineData("{\"level\":\"error\"", nameof(LogLevelOf.Error))]
    [InlineData("{ nothing", nameof(LogLevelOf.Info))]
    [InlineData("2026-11-26 10:00:00,123 ERROR root: no", nameof(LogLevelOf.Error))]
    [InlineData("[warn] low disk", nameof(LogLevelOf.Warn))]
    [InlineData("fail: Microsoft.Hosting[0]", nameof(LogLevelOf.Error))]
    [InlineData("time=1 level=debug msg=x", nameof(LogLevelOf.Debug))]
    [InlineData("there was no error at all", nameof(LogLevelOf.Info))]
    [InlineData("", nameof(LogLevelOf.Info))]
    public void A_line_tells_its_level(string text, string level) => new LevelReader().Of(Line(text)).ToString().ShouldBe(level);

    [Fact]
    public void An_indented_line_belongs_to_the_one_before()
    {
        var reader = new LevelReader();
        reader.Of(Line("ERROR: it threw"));
        reader.Of(Line("   at Main()")).ShouldBe(LogLevelOf.Error);
        reader.Of(Line("going on")).ShouldBe(LogLevelOf.Info);
    }

    [Fact]
    public async Task What_workers_write_is_kept_apart_merged_in_time_and_followed_across_a_restart()
    {
        await using var fixture = new ManagerFixture();
        var logs = fixture.Manager.LogDirectory;
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "echo a-out; echo a-err >&2; read x < " + Fifo(fixture, "a") + "; echo a-late; exec sleep 1000"), Cancel);
        await UntilAsync(logs, "a", "a-err");
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("b", "echo b-out; exec sleep 1000"), Cancel);
        await UntilAsync(logs, "b", "b-out");
        await File.WriteAllTextAsync(Fifo(fixture, "a"), "go\n", Cancel);
        await UntilAsync(logs, "a", "a-late");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        end.CancelAfter(TimeSpan.FromSeconds(30));
        var seen = new List<string>();
        var restarted = false;
        await foreach (var line in MergedLogs.ReadAsync([new(logs, "a"), new(logs, "b")], new() { Follow = true }, end.Token))
        {
            if (line is not null)
            {
                seen.Add($"{line.Worker} {line.Run} {line.Stream} {line.Text}");
            }
            else if (!restarted)
            {
                seen.Order().Take(4).ShouldBe(["a 1 Error a-err", "a 1 Output a-late", "a 1 Output a-out", "b 2 Output b-out"]);
                seen.IndexOf("b 2 Output b-out").ShouldBeInRange(2, 2, "between what a wrote before and after it");
                seen.Clear();
                restarted = true;
                await fixture.Manager.RestartWorkerAsync("b", cancellationToken: Cancel);
            }
            else if (seen.Count > 0)
            {
                break;
            }
        }

        seen.ShouldBe(["b 3 Output b-out"]);
    }

    [Fact]
    public async Task Beside_workers_that_write_without_end_nobody_starves()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkersAsync([.. Enumerable.Range(0, 20).Select(i => ManagerFixture.Shell($"loud-{i}", "exec yes") with { Logs = new(100_000, 2) })], Cancel);
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("quiet", "echo heard; exec sleep 1000"), Cancel);
        await UntilAsync(fixture.Manager.LogDirectory, "quiet", "heard");
        foreach (var i in Enumerable.Range(0, 20))
        {
            await UntilAsync(fixture.Manager.LogDirectory, $"loud-{i}", "y");
        }

        (await fixture.Manager.StopAllWorkersAsync(cancellationToken: Cancel)).Success.ShouldBeTrue();
        await fixture.Manager.DisposeAsync();
        new DirectoryInfo(fixture.Manager.LogDirectory).GetFiles("*.log*").Where(file => file.Extension != ".idx").Sum(file => file.Length).ShouldBeLessThan(21 * 300_000);
    }

    [Fact]
    public async Task What_a_worker_wrote_last_is_kept_when_the_manager_ends_right_after_it()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "trap 'seq 30000; exit 0' TERM; echo up; while :; do sleep 0.05; done") with { Ready = new ReadinessProbe.LogLine("up") }, Cancel);
        await fixture.UntilAsync("a", worker => worker.Ready);
        await fixture.Manager.DisposeAsync();
        (await new WorkerLog(fixture.Manager.LogDirectory, "a").LastLinesAsync(1, Cancel)).ShouldBe(["30000"]);
    }

    private static string Fifo(ManagerFixture fixture, string name)
    {
        var path = Path.Combine(fixture.Directory, name + ".fifo");
        if (!File.Exists(path))
        {
            using var made = System.Diagnostics.Process.Start("mkfifo", path);
            made.WaitForExit();
        }

        return path;
    }

    private static async Task UntilAsync(string logs, string worker, string text)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (var line in new LogLines(logs, worker).ReadAsync(new() { Follow = true }, bound.Token))
        {
            if (line?.Text == text)
            {
                return;
            }
        }
    }

    private static LogLine Line(string text) => new("w", null, LogStream.Output, 1, Encoding.UTF8.GetBytes(text));
}
