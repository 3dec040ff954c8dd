using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace WorkerManagement.Hosting.Tests;

/// <summary>The HTTP API, its errors above all. A manager of its own, so that these run beside other tests.</summary>
public sealed class ApiTests : IAsyncLifetime
{
    private readonly ApiServer _server = new();

    private HttpClient Http => _server.Http;

    private WorkerManager Manager => _server.Manager;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "there is nothing at '/v1/nothing'")]
    [InlineData("GET", "/v1/workers/a/nothing", 404, "there is nothing at '/v1/workers/a/nothing'")]
    [InlineData("POST", "/v1/", 404, "there is nothing at")]
    [InlineData("POST", "/v1/status", 405, "'/v1/status' takes GET, not POST")]
    [InlineData("DELETE", "/v1/workers/a", 405, "'/v1/workers/a' takes GET, not DELETE")]
    [InlineData("GET", "/v1/stop", 405, "'/v1/stop' takes POST, not GET")]
    [InlineData("GET", "/v1/workers/a/start", 405, "takes POST, not GET")]
    [InlineData("GET", "/v1/workers/nobody", 404, "there is no worker 'nobody'")]
    [InlineData("GET", "/v1/workers/nobody/logs", 404, "there is no worker 'nobody'")]
    [InlineData("GET", "/v1/workers/..%2F..%2Fetc%2Fpasswd/logs", 404, "there is no worker")]
    [InlineData("POST", "/v1/workers/nobody/start", 404, "there is no managed worker 'nobody'; known are: a")]
    [InlineData("POST", "/v1/workers/nobody/stop", 404, "there is no worker 'nobody'; known are: a")]
    [InlineData("POST", "/v1/workers/nobody/restart", 404, "there is no managed worker 'nobody'")]
    [InlineData("POST", "/v1/workers/nobody/signal?signal=HUP", 404, "there is no managed worker 'nobody'")]
    [InlineData("GET", "/v1/plan?of=nobody", 404, "there is no worker or type 'nobody'")]
    [InlineData("GET", "/v1/capsules/nothing.1", 404, "there is no crash capsule 'nothing.1'; GET /v1/capsules lists them")]
    [InlineData("GET", "/v1/capsules/..%2F..%2Fetc%2Fpasswd", 404, "there is no crash capsule")]
    [InlineData("GET", "/v1/workers/a/logs?level=warn", 400, "since, grep, level, stream and previous need format=jsonl")]
    [InlineData("GET", "/v1/workers/a/logs?format=xml", 400, "format 'xml' is not known; give raw or jsonl")]
    [InlineData("GET", "/v1/workers/a/logs?format=jsonl&grep=(", 400, "grep is no regular expression that can be used")]
    [InlineData("GET", "/v1/workers/a/logs?format=jsonl&level=loud", 400, "level 'loud' is not known; give trace, debug, info, warn, error or fatal")]
    [InlineData("GET", "/v1/workers/a/logs?n=some", 400, "n 'some' is not a number of lines")]
    [InlineData("GET", "/v1/journal?since=soon", 400, "since 'soon' is no moment; give a duration such as 10m (ago)")]
    [InlineData("POST", "/v1/stop?timeout=soon", 400, "timeout 'soon' is not a duration; give one such as 10s, 200ms or 1m30s")]
    [InlineData("POST", "/v1/types/a/stop?timeout=10", 400, "timeout '10' is not a duration")]
    [InlineData("POST", "/v1/workers/a/stop?timeout=-1s", 400, "timeout '-1s' is not a duration")]
    [InlineData("POST", "/v1/workers/a/restart?timeout=", 400, "timeout '' is not a duration")]
    [InlineData("GET", "/v1/plan?timeout=x", 400, "timeout 'x' is not a duration")]
    [InlineData("POST", "/v1/workers/a/signal?signal=NONSENSE", 400, "'NONSENSE' is not a signal; give one such as ?signal=HUP")]
    [InlineData("POST", "/v1/workers/a/signal", 400, "'' is not a signal")]
    [InlineData("POST", "/v1/workers/a/signal?signal=HUP", 409, "worker 'a' is Stopped: there is no process to send SIGHUP to")]
    public async Task Every_error_is_a_problem_with_words(string method, string path, int status, string told)
    {
        await Manager.StartWorkerAsync(Sleep("a"), Cancel);
        await Manager.StopWorkerAsync("a", cancellationToken: Cancel);
        using var request = new HttpRequestMessage(new(method), path);
        using var answer = await Http.SendAsync(request, Cancel);
        ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType).ShouldBe((status, "application/problem+json"));
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        problem.GetProperty("status").GetInt32().ShouldBe(status);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain(told);
        problem.GetRawText().ShouldNotContain("Exception");
        if (status == 405)
        {
            answer.Content.Headers.Allow.ShouldHaveSingleItem();
        }
    }

    [Fact]
    public async Task A_refusal_is_409_while_everything_stops()
    {
        await Manager.StartWorkerAsync(Sleep("a") with { Command = ["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 100; done"], Ready = new ReadinessProbe.LogLine("up") }, Cancel);
        await WhenAsync(worker => worker.Ready);
        using var stop = new HttpRequestMessage(HttpMethod.Post, "/v1/stop?timeout=2s");
        var stopping = Http.SendAsync(stop, Cancel);
        await foreach (var report in Manager.WatchAsync(Cancel))
        {
            if (report.Manager.ShuttingDown)
            {
                break;
            }
        }

        using var refused = await Http.PostAsync(new Uri("/v1/workers/a/start", UriKind.Relative), null, Cancel);
        refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await refused.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("detail").GetString().ShouldBe("cannot start worker 'a': the manager is stopping all workers; wait until that stop is done");
        using var answer = await stopping;
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("success").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task The_journal_is_given_a_line_a_record()
    {
        await Manager.StartWorkerAsync(Sleep("a"), Cancel);
        await Manager.StartWorkerAsync(Sleep("b"), Cancel);
        await foreach (var record in new Journals.Journal(_server.State).ReadAsync(follow: true, cancellationToken: Cancel))
        {
            if (record is { Worker: "b", Status.State: WorkerState.Running })
            {
                break;
            }
        }

        using var answer = await Http.GetAsync(new Uri("/v1/journal?since=10m&worker=a", UriKind.Relative), Cancel);
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/jsonl");
        var records = (await answer.Content.ReadAsStringAsync(Cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToArray();
        records.ShouldAllBe(record => record.GetProperty("worker").GetString() == "a");
        records.Select(record => record.GetProperty("status").GetProperty("state").GetString()).Distinct().ShouldBe(["Starting", "Running"]);
        using (var following = new StreamReader(await Http.GetStreamAsync(new Uri("/v1/journal?follow=true&worker=b", UriKind.Relative), Cancel)))
        {
            await Manager.StopWorkerAsync("b", cancellationToken: Cancel);
            while (!(await following.ReadLineAsync(Cancel)).ShouldNotBeNull().Contains("\"state\":\"Stopped\"", StringComparison.Ordinal))
            {
            }
        }

        (await Http.GetStringAsync(new Uri("/v1/journal?since=2020-01-01T00:00:00Z", UriKind.Relative), Cancel)).ShouldContain("\"kind\":\"started\"");
    }

    [Fact]
    public async Task A_crash_leaves_a_capsule_that_is_listed_and_shown()
    {
        await Manager.StartWorkerAsync(Sleep("a") with { Command = ["/bin/sh", "-c", "echo last words; exit 3"], Intensity = new(0, TimeSpan.FromSeconds(60)) }, Cancel);
        await WhenAsync(worker => worker.State is WorkerState.GaveUp);
        await Manager.DisposeAsync();
        var entry = (await GetAsync("/v1/capsules")).GetProperty("capsules")[0];
        (entry.GetProperty("id").GetString(), entry.GetProperty("how").GetString(), entry.GetProperty("then").GetString()).ShouldBe(("a.1", "exit code 3", "GaveUp"));
        (await GetAsync("/v1/capsules?worker=b")).GetProperty("capsules").GetArrayLength().ShouldBe(0);
        (await GetAsync("/v1/capsules/a.1")).GetProperty("output")[0].GetString().ShouldBe("last words");
    }

    [Fact]
    public async Task An_ended_manager_is_503()
    {
        await Manager.DisposeAsync();
        using var answer = await Http.PostAsync(new Uri("/v1/types/a/stop", UriKind.Relative), null, Cancel);
        ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType).ShouldBe((503, "application/problem+json"));
    }

    [Fact]
    public async Task A_worker_is_started_shown_signalled_restarted_and_stopped()
    {
        await Manager.StartWorkerAsync(Sleep("a") with { Command = ["/bin/sh", "-c", "echo hello; exec sleep 1000"], Ready = new ReadinessProbe.LogLine("hello") }, Cancel);
        await WhenAsync(worker => worker.Ready);
        (await GetAsync("/v1/workers/a")).GetProperty("state").GetString().ShouldBe("Running");
        (await GetAsync("/v1/status")).GetProperty("total_workers").GetInt32().ShouldBe(1);
        (await GetAsync("/v1/workers")).GetProperty("workers").GetArrayLength().ShouldBe(1);
        (await GetAsync("/v1/usage?name=a")).GetProperty("workers")[0].GetProperty("members").GetArrayLength().ShouldBe(1);
        (await GetAsync("/v1/plan?of=a&timeout=3s")).GetProperty("waves")[0][0].GetProperty("ladder").GetString().ShouldBe("SIGTERM 3s, SIGKILL");
        (await Http.GetStringAsync(new Uri("/v1/workers/a/logs", UriKind.Relative), Cancel)).ShouldBe("hello\n");
        var line = JsonElement.Parse(await Http.GetStringAsync(new Uri("/v1/workers/a/logs?format=jsonl&since=10m&grep=hel&stream=stdout", UriKind.Relative), Cancel));
        (line.GetProperty("line").GetString(), line.GetProperty("worker").GetString(), line.GetProperty("incarnation").GetInt64()).ShouldBe(("hello", "a", 1));
        (await Http.GetStringAsync(new Uri("/health/live", UriKind.Relative), Cancel)).ShouldBe("live\n");
        (await Http.GetStringAsync(new Uri("/health/ready", UriKind.Relative), Cancel)).ShouldBe("ready\n");
        (await PostAsync("/v1/workers/a/restart")).GetProperty("incarnation").GetInt64().ShouldBe(2);
        using (var signalled = await Http.PostAsync(new Uri("/v1/workers/a/signal?signal=KILL", UriKind.Relative), null, Cancel))
        {
            signalled.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        await WhenAsync(worker => worker is { Incarnation: 3, Ready: true });
        (await PostAsync("/v1/workers/a/stop?timeout=5s")).GetProperty("outcome").GetString().ShouldBe("cooperative");
        (await PostAsync("/v1/workers/a/start")).GetProperty("alive").GetBoolean().ShouldBeTrue();
        (await PostAsync("/v1/types/a/stop")).GetProperty("stopped").GetInt32().ShouldBe(1);
        (await PostAsync("/v1/stop")).GetProperty("total_stopped").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Events_are_the_status_now_and_after_each_change()
    {
        using var stream = await Http.GetStreamAsync(new Uri("/v1/events", UriKind.Relative), Cancel);
        using var reader = new StreamReader(stream);
        await Manager.StartWorkerAsync(Sleep("a"), Cancel);
        var versions = new List<long>();
        while (await reader.ReadLineAsync(Cancel) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                using var report = JsonDocument.Parse(line[6..]);
                versions.Add(report.RootElement.GetProperty("version").GetInt64());
                if (report.RootElement.GetProperty("workers").EnumerateArray().Any(worker => worker.GetProperty("alive").GetBoolean()))
                {
                    break;
                }
            }
        }

        versions.ShouldBe(versions.Distinct().Order());
    }

    private Task<WorkerStatus> WhenAsync(Func<WorkerStatus, bool> holds) => _server.WhenAsync(holds);

    private async Task<JsonElement> GetAsync(string path) => await Http.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative), Cancel);

    private async Task<JsonElement> PostAsync(string path)
    {
        using var answer = await Http.PostAsync(new Uri(path, UriKind.Relative), null, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
    }

    private static WorkerSpec Sleep(string name) => ApiServer.Sleep(name);
}
