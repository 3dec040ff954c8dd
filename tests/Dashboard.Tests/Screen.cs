using Microsoft.Playwright;
using WorkerManagement.Hosting.Tests;

namespace Dashboard.Tests;

/// <summary>The dashboard of a manager of its own, as a person has it before them. At the end: no script failed, no policy was broken.</summary>
internal sealed class Screen : IAsyncDisposable
{
    private const string Watch = "addEventListener('securitypolicyviolation', event => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))";

    private readonly IBrowserContext _window;
    private readonly List<string> _wrong = [];

    private Screen(ApiServer server, IBrowserContext window, IPage page) => (Server, _window, Page) = (server, window, page);

    public ApiServer Server { get; }

    public WorkerManagement.WorkerManager Manager => Server.Manager;

    public IPage Page { get; }

    /// <summary>What the browser may say: it loses the manager on purpose, or is refused.</summary>
    public string? Expected { get; set; }

    public ILocator Row(string name) => Page.Locator(".row").Filter(new() { Has = Page.Locator(".title", new() { HasTextRegex = new($"^{name}$") }) });

    public static async Task<Screen> OpenAsync(Browser browser, ApiServer server, string path = "/workers", ColorScheme colors = ColorScheme.Light, int width = 1280, string? expected = null)
    {
        var window = await browser.WindowAsync(colors, width);
        var page = await window.NewPageAsync();
        var screen = new Screen(server, window, page) { Expected = expected };
        page.PageError += (_, error) => screen._wrong.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && (screen.Expected is null || !message.Text.Contains(screen.Expected, StringComparison.Ordinal)))
            {
                screen._wrong.Add($"{message.Text} {message.Location}");
            }
        };
        await page.AddInitScriptAsync(Watch);
        await page.GotoAsync(new Uri(server.Address, path).ToString());
        return screen;
    }

    /// <summary>Waits until it says so.</summary>
    public static Task SeesAsync(ILocator where, string text) => Assertions.Expect(where).ToContainTextAsync(text, new() { Timeout = 20_000 });

    public async ValueTask DisposeAsync()
    {
        await _window.CloseAsync();
        _wrong.ShouldBeEmpty();
    }
}
