using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WorkerManagement.Api;

namespace WorkerManagement.Hosting.Tests;

/// <summary>The API of a manager of its own, on a port of its own.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    public ApiServer() => Manager = new(new() { StateDirectory = State, ShutdownTimeout = TimeSpan.FromSeconds(5) });

    public string State { get; } = Directory.CreateTempSubdirectory("manager-").FullName;

    public WorkerManager Manager { get; }

    public WebApplication App { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public Uri Address => Http.BaseAddress!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="prefix">Where it is mapped.</param>
    /// <param name="configure">More of the application, before the routes.</param>
    public async Task<ApiServer> StartAsync(string prefix = "", Action<WebApplication>? configure = null)
    {
        await ListenAsync("http://127.0.0.1:0", prefix, configure);
        Http = new() { BaseAddress = new(App.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };
        return this;
    }

    /// <summary>Nobody reaches it any more; the manager goes on. Requests that are going on end now.</summary>
    public async Task StopListeningAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await App.StopAsync(now.Token);
        await App.DisposeAsync();
    }

    /// <summary>At the same address as before.</summary>
    public Task ListenAgainAsync(string prefix) => ListenAsync(Address.ToString(), prefix, null);

    private async Task ListenAsync(string url, string prefix, Action<WebApplication>? configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        builder.Services.AddSingleton(Manager);
        App = builder.Build();
        configure?.Invoke(App);
        App.MapWorkerManager(prefix);
        await App.StartAsync(Cancel);
    }

    public static WorkerSpec Sleep(string name) => new() { Name = name, Command = ["/bin/sleep", "1000"] };

    /// <summary>Waits for a worker of which this holds.</summary>
    public async Task<WorkerStatus> WhenAsync(Func<WorkerStatus, bool> holds)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (var report in Manager.WatchAsync(bound.Token))
        {
            if (report.Workers.FirstOrDefault(holds) is { } worker)
            {
                return worker;
            }
        }

        throw new InvalidOperationException("the manager ended before");
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        await App.DisposeAsync();
        await Manager.DisposeAsync();
        Directory.Delete(State, recursive: true);
    }
}
