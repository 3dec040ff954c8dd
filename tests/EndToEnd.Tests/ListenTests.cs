using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EndToEnd.Tests;

/// <summary><c>workers run --listen</c>: API and dashboard over TCP, behind the token.</summary>
public sealed class ListenTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("state-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Configuration => Path.Combine(_state, "workers.yaml");

    private string Token => Path.Combine(_state, "api.token");

    [Fact]
    public async Task Over_TCP_only_when_asked_and_only_with_the_token()
    {
        await File.WriteAllTextAsync(Configuration, "workers: { a: { command: [sleep, '1000'] } }", Cancel);
        await using (var quiet = Executable.Start("workers", "run", "-f", Configuration, "--state-dir", _state))
        {
            await quiet.LineAsync("a Running");
            File.Exists(Token).ShouldBeFalse();
            (await quiet.SignalAsync(15)).ShouldBe(0);
        }

        await using var run = Executable.Start("workers", "run", "-f", Configuration, "--state-dir", _state, "--listen", "127.0.0.1:0");
        var told = await run.LineAsync("dashboard and API: ");
        File.GetUnixFileMode(Token).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var http = new HttpClient { BaseAddress = new(told.Split(' ')[3]) };
        using var refused = await http.GetAsync(new Uri("/v1/status", UriKind.Relative), Cancel);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await http.GetStringAsync(new Uri("/", UriKind.Relative), Cancel)).ShouldStartWith("<!doctype html>");
        http.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Token, Cancel)).Trim());
        (await http.GetStringAsync(new Uri("/v1/status", UriKind.Relative), Cancel)).ShouldContain("\"total_workers\":1");
        using var nothing = await http.GetAsync(new Uri("/nothing", UriKind.Relative), Cancel);
        (nothing.StatusCode, nothing.Content.Headers.ContentType!.MediaType).ShouldBe((HttpStatusCode.NotFound, "application/problem+json"));
        (await Executable.RunAsync("workers", "status", "--state-dir", _state)).Code.ShouldBe(0);
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task With_a_certificate_in_Kestrels_own_configuration_it_is_TLS()
    {
        await File.WriteAllTextAsync(Configuration, "workers: { a: { command: [sleep, '1000'] } }", Cancel);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var (shown, kept) = (Path.Combine(_state, "cert.pem"), Path.Combine(_state, "key.pem"));
        await File.WriteAllTextAsync(shown, certificate.ExportCertificatePem(), Cancel);
        await File.WriteAllTextAsync(kept, key.ExportPkcs8PrivateKeyPem(), Cancel);
        const string Endpoint = "Kestrel__Endpoints__tls__";
        await using var run = Executable.Start("env", $"{Endpoint}Url=https://127.0.0.1:0", $"{Endpoint}Certificate__Path={shown}", $"{Endpoint}Certificate__KeyPath={kept}", Path.Combine(AppContext.BaseDirectory, "workers"), "run", "-f", Configuration, "--state-dir", _state);
        var address = (await run.LineAsync("dashboard and API: ")).Split(' ')[3];
        address.ShouldStartWith("https://127.0.0.1:");
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, met, _, _) => met?.Thumbprint == certificate.Thumbprint };
        using var http = new HttpClient(handler) { BaseAddress = new(address) };
        using var refused = await http.GetAsync(new Uri("/v1/status", UriKind.Relative), Cancel);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        http.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Token, Cancel)).Trim());
        (await http.GetStringAsync(new Uri("/v1/status", UriKind.Relative), Cancel)).ShouldContain("\"total_workers\":1");
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task A_stop_waits_for_no_client_and_is_seen_by_all()
    {
        await File.WriteAllTextAsync(Configuration, "shutdown_timeout: 20s\nworkers: { a: { command: [sh, -c, 'trap \"sleep 0.4; exit 0\" TERM; echo up; while :; do sleep 0.05; done'], ready: { log: up } } }", Cancel);
        await using var run = Executable.Start("workers", "run", "-f", Configuration, "--state-dir", _state, "--listen", "127.0.0.1:0");
        using var http = new HttpClient { BaseAddress = new((await run.LineAsync("dashboard and API: ")).Split(' ')[3]) };
        await run.LineAsync("a Running: ready");
        http.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Token, Cancel)).Trim());
        using var events = new StreamReader(await http.GetStreamAsync(new Uri("/v1/events", UriKind.Relative), Cancel));
        using var log = new StreamReader(await http.GetStreamAsync(new Uri("/v1/workers/a/logs?follow=true", UriKind.Relative), Cancel));
        (await log.ReadLineAsync(Cancel)).ShouldBe("up");
        var stopping = run.SignalAsync(15);
        var told = await events.ReadToEndAsync(Cancel);
        told.ShouldContain("\"shutting_down\":true");
        told.ShouldContain("\"state\":\"Stopped\"");
        await log.ReadToEndAsync(Cancel);
        (await stopping).ShouldBe(0);
        run.All.ShouldContain("a Stopped");
    }

    [Fact]
    public async Task An_address_that_is_none_is_refused_with_an_example()
    {
        await File.WriteAllTextAsync(Configuration, "workers: { a: { command: [sleep, '1000'] } }", Cancel);
        var (code, output) = await Executable.RunAsync("workers", "run", "-f", Configuration, "--state-dir", _state, "--listen", "8080");
        (code, output).ShouldBe((2, "workers: '8080' is not an address to listen on; give one such as 127.0.0.1:8080"));
    }

    public void Dispose() => Directory.Delete(_state, recursive: true);
}
