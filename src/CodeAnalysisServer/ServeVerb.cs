using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WorkerManagement;
using WorkerManagement.Api;
using WorkerManagement.Hosting;

namespace CodeAnalysisServer;

/// <summary><c>serve</c>: the manager with its four workers, and search over HTTP on loopback.</summary>
internal static class ServeVerb
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(15);

    public static async Task<int> RunAsync(IReadOnlyList<string> roots, string dataDirectory, string urls, CancellationToken cancellationToken)
    {
        var data = Path.GetFullPath(dataDirectory);
        var trees = roots.Select(root => Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))).Distinct().ToArray();
        if (trees.FirstOrDefault(tree => !Directory.Exists(tree)) is { } absent)
        {
            return Wrong($"the root '{absent}' does not exist or is not a directory");
        }

        try
        {
            Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Wrong($"the data directory '{data}' cannot be made: {exception.Message}; name another with --data");
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(urls);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout + TimeSpan.FromSeconds(5));
        builder.Services.AddWorkerManager(options =>
        {
            options.StateDirectory = Path.Combine(data, "workers");
            options.ShutdownTimeout = ShutdownTimeout;
            foreach (var worker in ServerWorkers.For(data, trees))
            {
                options.Workers.Add(worker);
            }
        });
        var app = builder.Build();
        await using (app.ConfigureAwait(false))
        {
            app.MapWorkerManager();
            app.MapSearch(data);
            try
            {
                await app.StartAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (IOException exception)
            {
                return Wrong($"cannot listen on {urls}: {exception.Message}; name another address with --urls, such as http://127.0.0.1:0");
            }
            catch (WorkerManagementException exception)
            {
                return Wrong(exception.Message);
            }

            Console.WriteLine($"serving {string.Join(", ", trees)} on {string.Join(", ", app.Urls)}; search with {app.Urls.First()}/search?q=…; Ctrl-C stops");
            using var ended = new CancellationTokenSource();
            var telling = ConsoleProgress.RunAsync(app.Services.GetRequiredService<WorkerManager>(), data, ended.Token);
            await app.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            await telling.ConfigureAwait(false);
            return 0;
        }
    }

    private static int Wrong(string message)
    {
        Console.Error.WriteLine($"code-analysis-server: {message}");
        return 2;
    }
}
