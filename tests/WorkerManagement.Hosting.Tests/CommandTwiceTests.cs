using System.Net;
using System.Text.Json;

namespace WorkerManagement.Hosting.Tests;

/// <summary>Commands that come twice, and reports that did not change.</summary>
public sealed class CommandTwiceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_key_gives_the_same_answer_and_the_command_is_done_once()
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("a"), Cancel);
        var first = await SendAsync(server, "/v1/workers/a/restart", "k1");
        var again = await SendAsync(server, "/v1/workers/a/restart", "k1");
        first.Status.ShouldBe(HttpStatusCode.OK);
        again.ShouldBe(first with { Replayed = true });
        server.Manager.GetWorkerStatus().Workers[0].Incarnation.ShouldBe(2);
        (await SendAsync(server, "/v1/workers/a/restart", "k2")).Replayed.ShouldBeFalse();
        server.Manager.GetWorkerStatus().Workers[0].Incarnation.ShouldBe(3);
    }

    [Fact]
    public async Task Who_asks_again_while_it_is_going_on_waits_for_the_one_answer()
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("a") with { Command = ["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 100; done"], Ready = new ReadinessProbe.LogLine("up") }, Cancel);
        await server.WhenAsync(worker => worker.Ready);

        // The first client leaves before the answer.
        using (var leaving = new CancellationTokenSource())
        {
            var left = SendAsync(server, "/v1/workers/a/stop?timeout=500ms", "k", leaving.Token);
            await server.WhenAsync(worker => worker.State is WorkerState.Stopping);
            await leaving.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(left);
        }

        var answer = await SendAsync(server, "/v1/workers/a/stop?timeout=500ms", "k");
        (answer.Status, answer.Replayed).ShouldBe((HttpStatusCode.OK, true));
        JsonDocument.Parse(answer.Body).RootElement.GetProperty("outcome").GetString().ShouldBe("forced");
    }

    [Fact]
    public async Task A_key_is_for_one_command()
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("a"), Cancel);
        await SendAsync(server, "/v1/workers/a/restart", "k");
        var other = await SendAsync(server, "/v1/workers/a/stop", "k");
        other.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        JsonDocument.Parse(other.Body).RootElement.GetProperty("detail").GetString()!.ShouldContain("was used for 'POST /v1/workers/a/restart'");
        (await SendAsync(server, "/v1/workers/a/stop", new string('k', 256))).Status.ShouldBe(HttpStatusCode.BadRequest);
        server.Manager.GetWorkerStatus().Workers[0].Alive.ShouldBeTrue();
    }

    [Fact]
    public async Task A_refusal_is_remembered_as_well()
    {
        await using var server = await new ApiServer().StartAsync();
        var first = await SendAsync(server, "/v1/workers/a/start", "k");
        first.Status.ShouldBe(HttpStatusCode.NotFound);
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("a"), Cancel);
        (await SendAsync(server, "/v1/workers/a/start", "k")).ShouldBe(first with { Replayed = true });
    }

    [Fact]
    public async Task An_unchanged_report_is_not_sent_again()
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("a"), Cancel);
        using var first = await server.Http.GetAsync(new Uri("/v1/status", UriKind.Relative), Cancel);
        var tag = first.Headers.ETag.ShouldNotBeNull();
        JsonDocument.Parse(await first.Content.ReadAsStringAsync(Cancel)).RootElement.GetProperty("resource_version").GetString().ShouldBe(tag.Tag.Trim('"'));
        foreach (var path in (string[])["/v1/status", "/v1/workers", "/v1/workers/a"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { IfNoneMatch = { tag } } };
            using var unchanged = await server.Http.SendAsync(request, Cancel);
            unchanged.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        }

        await server.Manager.RestartWorkerAsync("a", cancellationToken: Cancel);
        using var later = new HttpRequestMessage(HttpMethod.Get, "/v1/status") { Headers = { IfNoneMatch = { tag } } };
        using var changed = await server.Http.SendAsync(later, Cancel);
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_worker_inside_the_process_is_asked_each_time()
    {
        await using var server = await new ApiServer().StartAsync();
        server.Manager.RegisterWorker("queue", WorkerRegistration.ForWorker(new Inside()));
        using var answer = await server.Http.GetAsync(new Uri("/v1/status", UriKind.Relative), Cancel);
        answer.Headers.ETag.ShouldBeNull();
    }

    private static async Task<(HttpStatusCode Status, string Body, bool Replayed)> SendAsync(ApiServer server, string path, string key, CancellationToken? cancel = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { "Idempotency-Key", key } } };
        using var answer = await server.Http.SendAsync(request, cancel ?? Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel), answer.Headers.Contains("Idempotency-Replayed"));
    }

    private sealed class Inside : IWorker
    {
        public bool IsRunning => true;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
