namespace WorkerManagement.Hosting.Tests;

/// <summary>Answers that never end by themselves do not hold up the host's stop.</summary>
public sealed class StreamEndTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/events")]
    [InlineData("/v1/events?changes=true")]
    [InlineData("/v1/workers/a/logs?follow=true")]
    public async Task A_stream_ends_when_the_host_begins_to_stop(string path)
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("a") with { Command = ["/bin/sh", "-c", "echo up; exec sleep 1000"], Ready = new ReadinessProbe.LogLine("up") }, Cancel);
        await server.WhenAsync(worker => worker.Ready);
        using var reader = new StreamReader(await server.Http.GetStreamAsync(new Uri(path, UriKind.Relative), Cancel));
        (await reader.ReadLineAsync(Cancel)).ShouldNotBeNullOrEmpty();

        // Without a bound of its own the host waits 30 s for requests: this stop may not be cut off.
        await server.App.StopAsync(Cancel);
        await reader.ReadToEndAsync(Cancel);
        server.Manager.GetWorkerStatus().Workers[0].Alive.ShouldBeTrue();
    }
}
