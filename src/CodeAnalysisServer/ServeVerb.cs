using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
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

    // A terminal that does not take lines (Ctrl-S, a full pipe) must not hold up the end.
    private static readonly TimeSpan LastLines = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(ServeOptions options, CancellationToken cancellationToken)
    {
        // The queue's socket has a short name from here, however deep the directory is.
        Directory.SetCurrentDirectory(options.Data);
        var app = Build(options);
        await using (app.ConfigureAwait(false))
        {
            var stopping = app.Lifetime.ApplicationStopping;
            try
            {
                await app.StartAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // Asked to stop while it started: what runs by now is stopped with the program.
                return 0;
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                throw new UsageException($"cannot listen on {options.Urls}: {exception.Message}; name another address with --urls, such as http://127.0.0.1:0");
            }
            catch (WorkerManagementException exception)
            {
                throw new UsageException(exception.Message);
            }

            using var ended = new CancellationTokenSource();
            var telling = Task.Run(() => TellAsync(app, options, ended.Token), CancellationToken.None);
            await app.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(telling, Task.Delay(LastLines, CancellationToken.None)).ConfigureAwait(false);
            if (telling.IsCompleted)
            {
                await telling.ConfigureAwait(false);
            }

            return 0;
        }
    }

    private static WebApplication Build(ServeOptions options)
    {
        // Nothing is configured from files of the tree that is served, or from the environment: neither may open another port.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ((IConfigurationBuilder)builder.Configuration).Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(options.Urls);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout + TimeSpan.FromSeconds(5));
        builder.Services.AddWorkerManager(manager =>
        {
            manager.StateDirectory = Path.Combine(options.Data, "workers");
            manager.ShutdownTimeout = ShutdownTimeout;
            foreach (var worker in ServerWorkers.For(options.Data, options.Roots, options.Durable))
            {
                manager.Workers.Add(worker);
            }
        });
        var app = builder.Build();
        app.Use(Loopback.GuardAsync);
        app.MapWorkerManager();
        app.MapSearch(options.Data);
        return app;
    }

    private static Task TellAsync(WebApplication app, ServeOptions options, CancellationToken ended)
    {
        Console.WriteLine($"serving {TerminalText.Of(string.Join(", ", options.Roots))} on {string.Join(", ", app.Urls)}; search with {app.Urls.First()}/search?q=…; Ctrl-C stops");
        return new ConsoleProgress(app.Services.GetRequiredService<WorkerManager>(), options.Data, Console.WriteLine).RunAsync(ended);
    }
}
