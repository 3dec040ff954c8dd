using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WorkerManagement.Api;
using WorkerManagement.Hosting;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Cli;

/// <summary><c>workers run</c>: the manager in the foreground, its API on a socket in the state directory.</summary>
internal static class RunVerb
{
    public static async Task<int> RunAsync(string file, string stateDirectory, string? listen, CancellationToken cancellationToken)
    {
        var state = Path.GetFullPath(stateDirectory);
        var address = TcpListening.Parse(listen);
        var lines = new StandardErrorLines();
        await using var told = lines.ConfigureAwait(false);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Error).AddProvider(new ErrorsToStandardError(lines));
        builder.Services.AddWorkerManager(options =>
        {
            WorkersFile.Load(file, options);
            options.StateDirectory = state;
            options.HostGoesOn = true;
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout + TimeSpan.FromSeconds(5));
        });
        builder.Services.AddHostedService<ManagerFirst>();
        builder.Services.AddSingleton<StreamsShowTheStop>();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenUnixSocket(ApiSocket.Choose(state, kestrel.ApplicationServices.GetRequiredService<WorkerManager>().SocketDirectory));
            TcpListening.Configure(kestrel, address);
        });
        var app = builder.Build();
        await using (app.ConfigureAwait(false))
        {
            // The state directory is taken before the socket is touched: a live owner's stays.
            var manager = app.Services.GetRequiredService<WorkerManager>();
            await manager.StartAsync(cancellationToken).ConfigureAwait(false);
            TcpListening.Guard(app, state, address);
            TcpListening.Tell(app, state, lines);
            app.MapWorkerManager();
            app.MapFallback(WorkerManagerEndpoints.NothingThere);
            var stopping = app.Lifetime.ApplicationStopping;
            using var ended = new CancellationTokenSource();
            var listening = new TaskCompletionSource();
            app.Lifetime.ApplicationStarted.Register(listening.SetResult);
            if (manager.Options.Workers.Count == 0)
            {
                app.Lifetime.ApplicationStarted.Register(() => lines.Tell($"workers: '{file}' names no worker; add one, then 'workers reload'"));
            }

            var telling = TellAsync(manager, lines, listening.Task, ended.Token);
            try
            {
                await app.RunAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // Asked to stop while it started: the host's end has stopped what ran by then.
            }
            finally
            {
                await ended.CancelAsync().ConfigureAwait(false);
                await telling.ConfigureAwait(false);
                ApiSocket.Remove(state);
            }

            return ExitCodes.Done;
        }
    }

    // Who reads of a worker may ask about it: nothing is told before the manager listens.
    private static async Task TellAsync(WorkerManager manager, StandardErrorLines lines, Task listening, CancellationToken cancellationToken)
    {
        var last = new Dictionary<string, (WorkerState, bool)>();
        var starting = true;
        using var memory = new MemoryGivenBack(TimeProvider.System);
        try
        {
            await foreach (var report in manager.WatchAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (var worker in report.Workers)
                {
                    if (!last.TryGetValue(worker.Name, out var before) || before != (worker.State, worker.Ready))
                    {
                        last[worker.Name] = (worker.State, worker.Ready);
                        await listening.WaitAsync(cancellationToken).ConfigureAwait(false);
                        lines.Tell($"{worker.Name} {worker.State}: {worker.Why}" + (worker.Alive ? $" (pid {worker.Pid})" : ""));
                    }
                }

                memory.Changed();
                if (starting && report.Workers is [_, ..] workers && workers.All(worker => worker.State is not WorkerState.Starting))
                {
                    // The start of many leaves several times as much garbage as the manager keeps, and a manager at rest never comes to collect it.
                    starting = false;
                    memory.Now();
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The manager is done.
        }
    }
}
