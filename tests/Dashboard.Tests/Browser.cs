using Microsoft.Playwright;

namespace Dashboard.Tests;

/// <summary>The machine's Chromium, started once for all tests.</summary>
public sealed class Browser : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (Program is { } program)
        {
            _playwright = await Playwright.CreateAsync();

            // As root Chromium has no sandbox of its own.
            _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>A window with nothing kept from another test.</summary>
    public Task<IBrowserContext> WindowAsync(ColorScheme colors = ColorScheme.Light, int width = 1280, int height = 800)
    {
        Assert.SkipUnless(_browser is not null, "Chromium is not installed; apt-get install chromium");
        return _browser!.NewContextAsync(new() { ColorScheme = colors, ViewportSize = new() { Width = width, Height = height } });
    }

    private static string? Program => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .SelectMany(directory => (string[])[Path.Combine(directory, "chromium"), Path.Combine(directory, "chromium-browser"), Path.Combine(directory, "google-chrome")]).FirstOrDefault(File.Exists);
}

/// <summary>The tests that share it.</summary>
[CollectionDefinition(nameof(Browser))]
public sealed class BrowserTests : ICollectionFixture<Browser>;
