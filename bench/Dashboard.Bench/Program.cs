using System.Globalization;
using Microsoft.Playwright;
using WorkerManagement.Bench;
using WorkerManagement.Posix;

// The dashboard of the published command in the machine's Chromium, as a person has it before them: how long until a thousand workers are on
// the screen, and how long until a worker that died is seen to have died. What counts is the browser's own clock, at the frame after.
const int workers = 1000, rounds = 7, deaths = 30;
const double mostFirst = 1000, mostUpdate = 200;

// The number of a page that shows everything: since its navigation began.
const string shown =
    """
    count => new Promise(done => {
      const look = () => document.querySelector('#chip-Running .count')?.textContent === String(count) && document.querySelector('.row')
        ? requestAnimationFrame(() => setTimeout(() => done(performance.now())))
        : requestAnimationFrame(look);
      look();
    })
    """;

// When what a row shows of state or pid has changed and is drawn, in milliseconds since 1970.
const string changed =
    """
    name => {
      const row = [...document.querySelectorAll('.row')].find(row => row.querySelector('.title').textContent === name);
      const what = () => `${row.dataset.state} ${row.querySelector('.c-pid').textContent}`;
      const before = what();
      window.seen = new Promise(done => {
        const look = () => what() === before ? requestAnimationFrame(look) : setTimeout(() => done(performance.timeOrigin + performance.now()));
        requestAnimationFrame(look);
      });
      return Number(row.querySelector('.c-pid').textContent);
    }
    """;

var browserPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
    .SelectMany(directory => (string[])[Path.Combine(directory, "chromium"), Path.Combine(directory, "chromium-browser"), Path.Combine(directory, "google-chrome")]).FirstOrDefault(File.Exists);
if (args is not [var program] || !File.Exists(program) || browserPath is null)
{
    await Console.Error.WriteLineAsync(browserPath is null ? "Chromium is not installed; apt-get install chromium" : "usage: Dashboard.Bench PATH-OF-THE-PUBLISHED-workers");
    return 2;
}

using var command = new RunningCommand(Path.GetFullPath(program), "auto", Enumerable.Range(0, workers).Select(i => ($"w{i}", """{ "command": ["/bin/sleep", "100000"], "intensity": { "restarts": 1000 } }""")));
command.AwaitReady(CancellationToken.None);
var token = (await File.ReadAllTextAsync(Path.Combine(command.StateDirectory, "api.token"))).Trim();
var address = $"http://127.0.0.1:{command.Port.ToString(CultureInfo.InvariantCulture)}/#token={token}";
using var playwright = await Playwright.CreateAsync();
var (coldBrowser, coldCache, again, updates) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
for (var round = 0; round < rounds; round++)
{
    await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = browserPath, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    coldBrowser.Add(await ViewAsync(browser, keep: null));
    coldCache.Add(await ViewAsync(browser, keep: null));
    again.Add(await ViewAsync(browser, keep: async page => updates.AddRange(round == rounds - 1 ? await DeathsAsync(page) : [])));
}

Console.WriteLine(Machine.Describe().Replace("compiled as it runs", $"(the bench; measured: {Path.GetFileName(program)})", StringComparison.Ordinal));
return Show($"first view of {workers} workers, the browser just launched", coldBrowser, mostFirst, 0.5)
    & Show($"first view of {workers} workers, the browser's second window", coldCache, mostFirst, 0.5)
    & Show($"first view of {workers} workers, its third", again, mostFirst, 0.5)
    & Show("SIGKILL of a worker until its row shows it", updates, mostUpdate, 0.95)
    ? 0
    : 1;

async Task<double> ViewAsync(IBrowser browser, Func<IPage, Task>? keep)
{
    // A context of its own: nothing is in its cache.
    var window = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1280, Height = 800 } });
    var page = await window.NewPageAsync();
    await page.GotoAsync(address, new() { WaitUntil = WaitUntilState.Commit });
    var took = await page.EvaluateAsync<double>(shown, workers);
    var timing = await page.EvaluateAsync<string>("JSON.stringify({ loaded: performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd, painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime, asked: performance.getEntriesByType('resource').find(one => one.name.includes('/v1/events'))?.startTime })");
    await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"shown after {took:0} ms, {timing}"));
    await (keep?.Invoke(page) ?? Task.CompletedTask);
    await window.CloseAsync();
    return took;
}

async Task<List<double>> DeathsAsync(IPage page)
{
    var taken = new List<double>();
    for (var i = 0; i < deaths; i++)
    {
        command.AwaitReady(CancellationToken.None);
        await page.WaitForFunctionAsync("count => document.querySelector('#chip-Running .count').textContent === String(count)", workers);
        using var victim = PidFd.TryOpen(await page.EvaluateAsync<int>(changed, $"w{i % 10}")) ?? throw new InvalidOperationException("the worker that the page shows is gone");
        var killed = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        _ = victim.Send(Signals.Kill);
        taken.Add(await page.EvaluateAsync<double>("window.seen") - killed);
    }

    return taken;
}

static bool Show(string what, List<double> values, double most, double share)
{
    var samples = Samples.Of(values);
    var holds = samples.Percentile(share) <= most;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(holds ? "ok    " : "MISSED")} {what}: p50 {samples.Median:0} ms, p95 {samples.Percentile(0.95):0} ms ({samples.Minimum:0}..{samples.Maximum:0}, {values.Count} times), target p{share * 100:0} ≤ {most:0} ms"));
    return holds;
}
