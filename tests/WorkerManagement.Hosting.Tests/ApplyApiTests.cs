using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WorkerManagement.Api;

namespace WorkerManagement.Hosting.Tests;

/// <summary>Changing the workers, and asking what they use, over HTTP.</summary>
public sealed class ApplyApiTests : IAsyncLifetime
{
    private const string Two = "workers: { web: { command: [sleep, '1000'], replicas: 2 } }";

    private readonly string _state = Directory.CreateTempSubdirectory("manager-").FullName;
    private WebApplication _app = null!;
    private HttpClient _http = null!;
    private WorkerManager _manager = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _manager = new(new() { StateDirectory = _state, ShutdownTimeout = TimeSpan.FromSeconds(5) });
        builder.Services.AddSingleton(_manager);
        _app = builder.Build();
        _app.MapWorkerManager();
        await _app.StartAsync(Cancel);
        _http = new() { BaseAddress = new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await _manager.DisposeAsync();
        Directory.Delete(_state, recursive: true);
    }

    [Theory]
    [InlineData("/v1/apply", "workers: [", 400, "body:2: ")]
    [InlineData("/v1/apply?name=w.yaml", "workers: { a: { comand: [x] } }", 400, "w.yaml:1: ")]
    [InlineData("/v1/apply?plan=true", "workers: { a: { command: [/nonexistent/x] } }", 409, "the program '/nonexistent/x' does not exist")]
    [InlineData("/v1/apply?directory=/nonexistent", "workers: { a: { command: [sleep, '1'] } }", 409, "its directory '/nonexistent' does not exist")]
    [InlineData("/v1/types/web/scale?replicas=3", "", 404, "there is no type 'web'")]
    [InlineData("/v1/types/web/scale?replicas=-1", "", 400, "replicas '-1' is not a number")]
    [InlineData("/v1/types/web/scale", "", 400, "replicas '' is not a number")]
    public async Task What_is_wrong_is_refused_with_words_and_changes_nothing(string path, string body, int status, string told)
    {
        var (code, answer) = await PostAsync(path, body);
        ((int)code, answer.GetProperty("detail").GetString()!.Contains(told, StringComparison.Ordinal)).ShouldBe((status, true), answer.GetRawText());
        _manager.GetWorkerStatus().TotalWorkers.ShouldBe(0);
    }

    [Fact]
    public async Task A_plan_does_nothing_an_apply_does_it_and_scale_goes_on_from_there()
    {
        (await PostAsync("/v1/apply?plan=true", Two)).Answer.GetProperty("steps").GetArrayLength().ShouldBe(2);
        _manager.GetWorkerStatus().TotalWorkers.ShouldBe(0);
        (await PostAsync("/v1/apply", Two)).Answer.GetProperty("success").GetBoolean().ShouldBeTrue();
        (await PostAsync("/v1/types/web/scale?replicas=1", "")).Answer.GetProperty("steps")[0].GetProperty("action").GetString().ShouldBe("Remove");
        _manager.GetWorkerStatus().Workers.Select(worker => (worker.Name, worker.State)).ShouldBe([("web-1", WorkerState.Running)]);

        using var usage = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/v1/usage", UriKind.Relative), Cancel));
        var used = usage.RootElement.GetProperty("workers")[0];
        (used.GetProperty("name").GetString(), used.GetProperty("members").GetArrayLength()).ShouldBe(("web-1", 1));
        used.GetProperty("rss_bytes").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_body_that_no_configuration_has_is_refused_with_the_bound()
    {
        var (status, answer) = await PostAsync("/v1/apply", new string('#', 4_000_001));
        ((int)status, answer.GetProperty("detail").GetString()).ShouldBe((400, "'body' is longer than 4000000 characters; a configuration file never is"));

        foreach (var header in (string[])["", "Idempotency-Key: once\r\n"])
        {
            // By hand: the answer comes before the body, and the connection does not outlive it.
            using var client = new TcpClient();
            await client.ConnectAsync(_http.BaseAddress!.Host, _http.BaseAddress.Port, Cancel);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/apply HTTP/1.1\r\nHost: localhost\r\n{header}Content-Length: 16000001\r\n\r\n"), Cancel);
            using var reader = new StreamReader(client.GetStream());
            var told = await reader.ReadToEndAsync(Cancel);
            told.ShouldStartWith("HTTP/1.1 413 ");
            told.ShouldContain("16000000 bytes");
        }
    }

    [Fact]
    public async Task One_change_at_a_time()
    {
        // Its readiness is waited for until the pipe is written to.
        var go = Path.Combine(_state, "go");
        var first = PostAsync("/v1/apply", $"workers: {{ slow: {{ command: [sh, -c, 'mkfifo {go}; echo made; read line < {go}; echo up; exec sleep 1000'], ready: {{ log: '^up' }} }} }}");
        await foreach (var report in _manager.WatchAsync(Cancel))
        {
            if (report.Workers.Any(worker => worker.Alive))
            {
                break;
            }
        }

        var (code, answer) = await PostAsync("/v1/apply", Two);
        code.ShouldBe(HttpStatusCode.Conflict);
        answer.GetProperty("detail").GetString()!.ShouldContain("another change of the workers is going on");
        await foreach (var block in new Logs.WorkerLog(_manager.LogDirectory, "slow").ReadAsync(null, follow: true, Cancel))
        {
            if (block.Length > 0)
            {
                break;
            }
        }

        await File.WriteAllTextAsync(go, "\n", Cancel);
        (await first).Answer.GetProperty("success").GetBoolean().ShouldBeTrue();
        (await PostAsync("/v1/apply", "workers: {}")).Answer.GetProperty("success").GetBoolean().ShouldBeTrue();
        _manager.GetWorkerStatus().TotalWorkers.ShouldBe(0);
    }

    private async Task<(HttpStatusCode Code, JsonElement Answer)> PostAsync(string path, string body)
    {
        using var content = new StringContent(body);
        using var answer = await _http.PostAsync(new Uri(path, UriKind.Relative), content, Cancel);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        return (answer.StatusCode, json.RootElement.Clone());
    }
}
