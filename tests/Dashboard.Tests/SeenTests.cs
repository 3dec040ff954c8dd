using System.Globalization;
using Microsoft.Playwright;
using WorkerManagement;
using WorkerManagement.Api;
using WorkerManagement.Hosting.Tests;
using WorkerManagement.Posix;

namespace Dashboard.Tests;

/// <summary>What is shown.</summary>
[Collection(nameof(Browser))]
public sealed class SeenTests(Browser browser)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_workers_are_listed_and_only_those_in_sight_exist()
    {
        await using var server = await new ApiServer().StartAsync("/workers");
        await server.Manager.StartWorkersAsync([.. Enumerable.Range(1, 1000).Select(i => ApiServer.Sleep($"w-{i}") with { Type = "w" })], Cancel);
        await using var screen = await Screen.OpenAsync(browser, server);
        await Screen.SeesAsync(screen.Page.Locator("#chip-Running"), "1000");
        await Assertions.Expect(screen.Row("w-1")).ToBeVisibleAsync();
        (await screen.Page.Locator("#list").GetAttributeAsync("aria-rowcount")).ShouldBe("1001");
        (await screen.Page.Locator(".row").CountAsync()).ShouldBeLessThan(60);
        await screen.Page.Locator("#scroll").EvaluateAsync("scroll => scroll.scrollTop = scroll.scrollHeight");
        await Assertions.Expect(screen.Row("w-1000")).ToBeVisibleAsync();
        await screen.Page.Locator("#search").FillAsync("w-777");
        await Assertions.Expect(screen.Row("w-777")).ToBeVisibleAsync();
        (await screen.Page.Locator(".row").CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task A_worker_that_is_killed_is_seen_with_its_new_pid_and_its_incident()
    {
        await using var server = await new ApiServer().StartAsync("/workers");
        var pid = (await server.Manager.StartWorkerAsync(ApiServer.Sleep("a"), Cancel)).Pid!.Value;
        await using var screen = await Screen.OpenAsync(browser, server);
        await Screen.SeesAsync(screen.Row("a").Locator(".c-pid"), pid.ToString(CultureInfo.InvariantCulture));
        using (var leader = PidFd.TryOpen(pid).ShouldNotBeNull())
        {
            leader.Send(9).ShouldBeTrue();
        }

        await Screen.SeesAsync(screen.Row("a").Locator(".c-restarts"), "1");
        var now = await server.WhenAsync(worker => worker.Incarnation == 2 && worker.Alive);
        await Screen.SeesAsync(screen.Row("a").Locator(".c-pid"), now.Pid!.Value.ToString(CultureInfo.InvariantCulture));
        await screen.Page.Locator("#tab-incidents").ClickAsync();
        await Screen.SeesAsync(screen.Page.Locator("#view-incidents"), "SIGKILL");
    }

    [Fact]
    public async Task A_workers_processes_use_output_and_dependencies_are_shown()
    {
        await using var server = await new ApiServer().StartAsync("/workers");
        await server.Manager.StartWorkersAsync(
        [
            ApiServer.Sleep("db"),
            ApiServer.Sleep("web") with { Command = ["/bin/sh", "-c", "sleep 1000 & echo 'listening on 8000'; i=0; while :; do i=$((i+1)); echo line $i; sleep 0.2; done"], Ready = new ReadinessProbe.LogLine("listening"), DependsOn = new Dictionary<string, DependencyCondition> { ["db"] = DependencyCondition.Started } },
        ], Cancel);
        await using var screen = await Screen.OpenAsync(browser, server);
        await screen.Row("web").ClickAsync();
        var detail = screen.Page.Locator("#detail");
        await Screen.SeesAsync(detail.Locator(".log"), "line 5");
        await Screen.SeesAsync(detail.Locator(".members"), "└ sleep");
        await Screen.SeesAsync(detail.Locator(".facts"), "db started");
        await Screen.SeesAsync(screen.Row("web").Locator(".c-memory"), "MB");
        await detail.GetByLabel("Search the log").FillAsync("LISTENING");
        await Screen.SeesAsync(detail.Locator(".log mark"), "listening");
        await Screen.SeesAsync(detail.Locator(".bar"), "1 of ");
        await screen.Page.Locator("#tab-graph").ClickAsync();
        (await screen.Page.Locator("#view-graph .box").CountAsync()).ShouldBe(2);
        (await screen.Page.Locator("#view-graph .edge.started").CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task What_workers_are_called_and_write_stays_text()
    {
        const string evil = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>";
        await using var server = await new ApiServer().StartAsync("/workers");
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("log") with { Command = ["/bin/sh", "-c", "printf '%s \\033[31mred\\033[0m \\033]0;title\\007 \\001 end\\n' \"$0\"; exec sleep 1000", evil], Metadata = new Dictionary<string, string> { [evil] = evil } }, Cancel);
        server.Manager.RegisterWorker(evil, WorkerRegistration.ForWorker(new Inside()) with { Name = evil });
        await using var screen = await Screen.OpenAsync(browser, server);
        await Screen.SeesAsync(screen.Page.Locator(".row").Filter(new() { HasText = "<img" }), evil);
        await screen.Page.Locator(".row").Filter(new() { HasText = "<img" }).ClickAsync();
        await Screen.SeesAsync(screen.Page.Locator("#detail h2"), evil);
        await screen.Row("log").ClickAsync();
        await Screen.SeesAsync(screen.Page.Locator(".log"), evil + " red  ␁ end");
        await Screen.SeesAsync(screen.Page.Locator(".facts"), evil);
        await screen.Page.Locator("#stop-all").ClickAsync();
        await Screen.SeesAsync(screen.Page.Locator("#dialog"), evil);
        (await screen.Page.EvaluateAsync<bool>("() => window.hacked === undefined && document.querySelector('img, body script') === null")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_lost_manager_is_said_and_a_found_one_too()
    {
        await using var server = await new ApiServer().StartAsync("/workers");
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("a") with { Command = ["/bin/sh", "-c", "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.2; done"] }, Cancel);
        await using var screen = await Screen.OpenAsync(browser, server);
        await Screen.SeesAsync(screen.Page.Locator("#link"), "Live");
        await screen.Row("a").ClickAsync();
        await Screen.SeesAsync(screen.Page.Locator(".log"), "line 1");
        screen.Expected = "Failed to load resource";
        await server.StopListeningAsync();
        await Screen.SeesAsync(screen.Page.Locator("#lost"), "Disconnected since");
        await Screen.SeesAsync(screen.Page.Locator("#link"), "Disconnected");
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("b"), Cancel);
        await server.ListenAgainAsync("/workers");
        await Assertions.Expect(screen.Page.Locator("#lost")).ToBeHiddenAsync(new() { Timeout = 20_000 });
        await Assertions.Expect(screen.Row("b")).ToBeVisibleAsync();

        // The log goes on where it is by now.
        var reached = int.Parse((await screen.Page.Locator(".log .line").Last.TextContentAsync())!.Split(' ')[^1], CultureInfo.InvariantCulture);
        await Screen.SeesAsync(screen.Page.Locator(".log"), $"line {reached + 10}");
    }

    [Theory]
    [InlineData("", "/")]
    [InlineData("/workers", "/workers")]
    [InlineData("/workers", "/workers/")]
    [InlineData("/a/b", "/a/b")]
    public async Task It_is_at_the_prefix_with_or_without_a_slash(string prefix, string path)
    {
        await using var server = await new ApiServer().StartAsync(prefix);
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("a"), Cancel);
        await using var screen = await Screen.OpenAsync(browser, server, path);
        await Assertions.Expect(screen.Row("a")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Over_TCP_it_asks_for_the_token_once()
    {
        var server = new ApiServer();
        await using var closing = server;
        var file = Path.Combine(server.State, "api.token");
        await server.StartAsync("/workers", app => app.UseWorkerManagerToken(file));
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("a"), Cancel);
        await using var screen = await Screen.OpenAsync(browser, server, expected: "401");
        await screen.Page.Locator("#token").FillAsync(await File.ReadAllTextAsync(file, Cancel));
        await screen.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(screen.Row("a")).ToBeVisibleAsync();
    }

    private sealed class Inside : WorkerManagement.IWorker
    {
        public bool IsRunning => true;

        public Task StopAsync(CancellationToken force) => Task.CompletedTask;
    }
}
