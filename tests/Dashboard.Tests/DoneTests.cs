using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using WorkerManagement;
using WorkerManagement.Hosting.Tests;

namespace Dashboard.Tests;

/// <summary>What a person does with it: by mouse, by keys, with a screen reader.</summary>
[Collection(nameof(Browser))]
public sealed class DoneTests(Browser browser)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static WorkerSpec Stubborn => ApiServer.Sleep("stubborn") with { Command = ["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 100; done"], Ready = new ReadinessProbe.LogLine("up") };

    [Fact]
    public async Task A_stop_shows_its_plan_before_and_its_outcome_after()
    {
        await using var server = await new ApiServer().StartAsync("/workers");
        await server.Manager.StartWorkersAsync([Stubborn, ApiServer.Sleep("user") with { DependsOn = new Dictionary<string, DependencyCondition> { ["stubborn"] = DependencyCondition.Ready } }], Cancel);
        await server.WhenAsync(worker => worker is { Name: "user", Alive: true });
        await using var screen = await Screen.OpenAsync(browser, server);
        await screen.Row("stubborn").ClickAsync();
        var stop = screen.Page.Locator("#detail button.danger");
        var dialog = screen.Page.Locator("#dialog");
        await stop.ClickAsync();
        await Screen.SeesAsync(dialog, "SIGTERM 10s, SIGKILL");
        await Screen.SeesAsync(dialog, "At worst 10 s");
        await Screen.SeesAsync(dialog, "user depends on it");
        await dialog.GetByText("Cancel").ClickAsync();
        await Assertions.Expect(dialog).ToBeHiddenAsync();
        server.Manager.GetWorkerStatus().Workers.ShouldAllBe(worker => worker.Alive);
        await stop.ClickAsync();
        await dialog.GetByLabel("Force after").FillAsync("300ms");
        await dialog.Locator("button[type=submit]").ClickAsync();
        await Screen.SeesAsync(dialog, "ignored SIGTERM for 0.3 s");
        await Screen.SeesAsync(dialog.Locator("h2"), "Stopped");
        server.Manager.GetWorkerStatus().Workers.Single(worker => worker.Name == "stubborn").State.ShouldBe(WorkerState.Stopped);
        await dialog.GetByText("Close").ClickAsync();
        await Screen.SeesAsync(screen.Row("stubborn"), "Stopped");
    }

    [Fact]
    public async Task A_stop_of_everything_is_seen_while_it_goes_on_whoever_asked_for_it()
    {
        await using var server = await new ApiServer().StartAsync("/workers");
        await server.Manager.StartWorkersAsync([Stubborn, ApiServer.Sleep("a"), ApiServer.Sleep("b")], Cancel);
        await server.WhenAsync(worker => worker is { Name: "stubborn", Ready: true });
        await using var screen = await Screen.OpenAsync(browser, server);
        await Screen.SeesAsync(screen.Page.Locator("#chip-Running"), "3");
        var stopping = server.Manager.StopAllWorkersAsync(TimeSpan.FromSeconds(3), Cancel);
        await Screen.SeesAsync(screen.Page.Locator("#ending"), "2 of 3 are down");
        (await stopping).Success.ShouldBeTrue();
        await Assertions.Expect(screen.Page.Locator("#ending")).ToBeHiddenAsync(new() { Timeout = 20_000 });
        await Screen.SeesAsync(screen.Page.Locator("#chip-Stopped"), "3");
    }

    [Fact]
    public async Task Everything_goes_by_keys()
    {
        await using var server = await new ApiServer().StartAsync("/workers");
        await server.Manager.StartWorkersAsync([ApiServer.Sleep("alpha"), ApiServer.Sleep("beta"), ApiServer.Sleep("gamma")], Cancel);
        await using var screen = await Screen.OpenAsync(browser, server);
        await Assertions.Expect(screen.Row("alpha")).ToBeVisibleAsync();
        var keys = screen.Page.Keyboard;
        await keys.PressAsync("/");
        await Assertions.Expect(screen.Page.Locator("#search")).ToBeFocusedAsync();
        await keys.TypeAsync("a");
        await keys.PressAsync("ArrowDown");
        await Assertions.Expect(screen.Row("alpha")).ToBeFocusedAsync();
        await keys.PressAsync("j");
        await Assertions.Expect(screen.Row("beta")).ToBeFocusedAsync();
        await keys.PressAsync("End");
        await Assertions.Expect(screen.Row("gamma")).ToBeFocusedAsync();
        await keys.PressAsync("ArrowUp");
        await keys.PressAsync("Enter");
        await Screen.SeesAsync(screen.Page.Locator("#detail h2"), "beta");
        await keys.PressAsync("r");
        await Screen.SeesAsync(screen.Page.Locator("#dialog"), "Restart beta?");
        await keys.PressAsync("Tab");
        await keys.PressAsync("Enter");
        await Screen.SeesAsync(screen.Page.Locator("#dialog"), "beta runs again");
        await keys.PressAsync("Escape");
        await Assertions.Expect(screen.Page.Locator("#dialog")).ToBeHiddenAsync();
        await keys.PressAsync("Escape");
        await Assertions.Expect(screen.Page.Locator("#detail")).ToBeHiddenAsync();
        await Assertions.Expect(screen.Row("beta")).ToBeFocusedAsync();
        await keys.PressAsync("s");
        await Screen.SeesAsync(screen.Page.Locator("#dialog"), "Stop beta?");
        await keys.PressAsync("Escape");
        await keys.PressAsync("2");
        await Assertions.Expect(screen.Page.Locator("#view-graph")).ToBeVisibleAsync();
        await keys.PressAsync("?");
        await Screen.SeesAsync(screen.Page.Locator("#dialog"), "plan first");
        server.Manager.GetWorkerStatus().Workers.Single(worker => worker.Name == "beta").Incarnation.ShouldBe(4);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 390)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task Axe_finds_nothing_in_any_view(ColorScheme colors, int width)
    {
        await using var server = await new ApiServer().StartAsync("/workers");
        await server.Manager.StartWorkersAsync(
        [
            ApiServer.Sleep("db"), ApiServer.Sleep("web") with { DependsOn = new Dictionary<string, DependencyCondition> { ["db"] = DependencyCondition.Started } },
            ApiServer.Sleep("ended") with { Command = ["/bin/true"], Restart = RestartPolicy.Temporary },
            ApiServer.Sleep("waits") with { Command = ["/bin/false"], Backoff = new(TimeSpan.FromSeconds(600), TimeSpan.FromSeconds(600), TimeSpan.FromSeconds(60)) },
            ApiServer.Sleep("broken") with { Command = ["/bin/false"], Backoff = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(60)) },
        ], Cancel);
        await server.WhenAsync(worker => worker is { Name: "broken", State: WorkerState.GaveUp });
        await using var screen = await Screen.OpenAsync(browser, server, colors: colors, width: width);
        await Assertions.Expect(screen.Row("broken")).ToBeVisibleAsync();
        await CheckAsync(screen, "list");
        await screen.Page.Locator("#stop-all").ClickAsync();
        await Screen.SeesAsync(screen.Page.Locator("#dialog"), "At worst");
        await CheckAsync(screen, "plan");
        await screen.Page.Keyboard.PressAsync("Escape");
        await screen.Page.Locator("#tab-graph").ClickAsync();
        await CheckAsync(screen, "graph");
        await screen.Page.Locator("#tab-incidents").ClickAsync();
        await CheckAsync(screen, "incidents");
        await screen.Page.Locator("#tab-list").ClickAsync();
        await screen.Row("web").ClickAsync();
        await Screen.SeesAsync(screen.Page.Locator(".members"), "sleep");
        await CheckAsync(screen, "detail");
        if (width < 500)
        {
            (await screen.Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth")).ShouldBeTrue("the page is wider than the phone");
        }
    }

    private static async Task CheckAsync(Screen screen, string where)
    {
        var found = await screen.Page.RunAxe();
        found.Violations.Select(violation => $"{where}: {violation.Impact} {violation.Id}: {string.Join(", ", violation.Nodes.Select(node => node.Html))}").ShouldBeEmpty();
    }
}
