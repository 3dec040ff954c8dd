using CodeAnalysisServer.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WorkerManagement;

namespace CodeAnalysisServer.Command;

/// <summary><c>serve</c>: the server in the foreground, until a signal.</summary>
internal static class ServeVerb
{
    // A terminal that does not take lines (Ctrl-S, a full pipe) must not hold up the end.
    private static readonly TimeSpan LastLines = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(ServeOptions options, CancellationToken cancellationToken)
    {
        if (await ServerHost.StartAsync(options, cancellationToken).ConfigureAwait(false) is not { } app)
        {
            return 0;
        }

        await using (app.ConfigureAwait(false))
        {
            var telling = Task.Run(() => TellAsync(app, options), CancellationToken.None);
            await app.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            await Task.WhenAny(telling, Task.Delay(LastLines, CancellationToken.None)).ConfigureAwait(false);
            if (telling.IsCompleted)
            {
                await telling.ConfigureAwait(false);
            }

            return 0;
        }
    }

    // Until the stop begins: what the workers do from then on is not progress.
    private static Task TellAsync(WebApplication app, ServeOptions options)
    {
        string[] urls = [.. ServerHost.UrlsOf(app)];
        Console.WriteLine($"serving {TerminalText.Of(string.Join(", ", options.Roots))} on {string.Join(", ", urls)}; search with {urls[0]}/search?q=…; Ctrl-C stops");
        return new ConsoleProgress(app.Services.GetRequiredService<WorkerManager>(), ChosenDatabase.In(options.Data), Console.WriteLine).RunAsync(app.Lifetime.ApplicationStopping);
    }
}
