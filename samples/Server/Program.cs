// A server in a Generic Host that owns one worker: it starts with the server and is gone with it. One argument: the state directory.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Samples.Server;
using WorkerManagement;
using WorkerManagement.Hosting;

var builder = Host.CreateApplicationBuilder();
builder.Services.AddWorkerManager(options =>
{
    options.StateDirectory = args is [var directory] ? directory : ".workers";     // its own, private to this user
    options.ShutdownTimeout = TimeSpan.FromSeconds(20);                            // must fit into HostOptions.ShutdownTimeout
    options.Workers.Add(new WorkerSpec
    {
        Name = "jobs",
        Command = [Path.Combine(AppContext.BaseDirectory, "sample-worker")],
        Ready = new ReadinessProbe.Notify(),
        Watchdog = TimeSpan.FromSeconds(30),
        Restart = RestartPolicy.Permanent,
    });
});
builder.Services.AddHostedService<Told>();
await builder.Build().RunAsync();
