using System.Net.Sockets;
using CodeAnalysisServer.Command;
using CodeAnalysisServer.Http;
using CodeAnalysisServer.Mcp;
using CodeAnalysisServer.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WorkerManagement;
using WorkerManagement.Api;
using WorkerManagement.Hosting;

namespace CodeAnalysisServer.Serving;

/// <summary>The whole server in this process: the manager with its four workers, HTTP and MCP on loopback and on the Unix socket.</summary>
internal static class ServerHost
{
    private const string DashboardPath = "/workers";

    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Builds and starts it. Null when it was asked to stop meanwhile. The data directory becomes the working directory.</summary>
    /// <exception cref="UsageException">The address or the directory is taken, or cannot be used.</exception>
    public static async Task<WebApplication?> StartAsync(ServeOptions options, CancellationToken cancellationToken)
    {
        ChosenDatabase.Check(options.Data);
        // The sockets have short names from here, however deep the directory is.
        Directory.SetCurrentDirectory(options.Data);
        var app = Build(options);
        var stopping = app.Lifetime.ApplicationStopping;
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            return app;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // What runs by now is stopped with the program.
            await app.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw new UsageException($"cannot listen on {options.Urls}: {exception.Message}; name another address with --urls, such as http://127.0.0.1:0");
        }
        catch (WorkerManagementException exception)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw new UsageException(exception.Message);
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Where people reach it.</summary>
    public static IEnumerable<string> UrlsOf(WebApplication app) => app.Urls.Where(url => !url.StartsWith("http://unix:", StringComparison.Ordinal));

    private static WebApplication Build(ServeOptions options)
    {
        // Nothing is configured from files of the tree that is served, or from the environment: neither may open another port.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ((IConfigurationBuilder)builder.Configuration).Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls([.. options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), ServerSocket.Url]);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout + TimeSpan.FromSeconds(5));
        builder.Services.AddWorkerManager(manager =>
        {
            manager.StateDirectory = Path.Combine(options.Data, "workers");
            manager.ShutdownTimeout = ShutdownTimeout;
            foreach (var worker in ServerWorkers.For(options.Data, options.Roots, options.Durable, options.Embedding))
            {
                manager.Workers.Add(worker);
            }
        });
        builder.Services.AddHostedService(_ => new ServerSocket(options.Data));
        builder.Services.AddSingleton(services => new ServerContext(ChosenDatabase.In(options.Data), services.GetRequiredService<WorkerManager>()));
        builder.Services.AddMcp();
        var app = builder.Build();
        app.Use(Loopback.GuardAsync);
        app.MapWorkerManager();
        app.MapWorkerManager(DashboardPath);
        app.MapOperations();
        app.MapIdentity(() => new(Environment.ProcessId, options.Data, [.. UrlsOf(app)]));
        app.MapMcpTools();
        return app;
    }
}
