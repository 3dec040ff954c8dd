using System.Net;
using WorkerManagement.Api;

namespace WorkerManagement.Hosting.Tests;

/// <summary>Over TCP only with the token, by address, and from no foreign page.</summary>
public sealed class TcpAccessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_who_shows_the_token_comes_in()
    {
        await using var server = await StartAsync();
        var token = (await File.ReadAllTextAsync(TokenFile(server), Cancel)).Trim();
        File.GetUnixFileMode(TokenFile(server)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        token.Length.ShouldBe(43);
        foreach (var wrong in (string?[])[null, "", "Bearer", "Bearer ", $"Bearer {token[..^1]}", $"Bearer {token}x", $"Basic {token}", token, $"Bearer {token.ToUpperInvariant()}"])
        {
            using var refused = await SendAsync(server, wrong);
            ((int)refused.StatusCode, refused.Content.Headers.ContentType?.MediaType).ShouldBe((401, "application/problem+json"), wrong);
            refused.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Bearer");
            (await refused.Content.ReadAsStringAsync(Cancel)).ShouldNotContain(token);
        }

        using var let = await SendAsync(server, $"Bearer {token}");
        let.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("evil.example", null, 421)]
    [InlineData("127.0.0.1.evil.example", null, 421)]
    [InlineData("127.0.0.1", "http://evil.example", 403)]
    [InlineData("127.0.0.1", "null", 403)]
    [InlineData("localhost", "http://127.0.0.1", 403)]
    [InlineData("localhost", "https://localhost", 403)]
    [InlineData("localhost", "http://localhost", 200)]
    [InlineData("LOCALHOST", null, 200)]
    [InlineData("[::1]:80", null, 200)]
    public async Task A_name_bound_to_this_machine_and_a_foreign_page_are_refused(string host, string? origin, int status)
    {
        await using var server = await StartAsync();
        using var answer = await SendAsync(server, "Bearer " + (await File.ReadAllTextAsync(TokenFile(server), Cancel)).Trim(), host, origin);
        ((int)answer.StatusCode).ShouldBe(status);
        answer.Headers.ShouldNotContain(header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_token_stays_and_a_readable_file_is_refused()
    {
        var directory = Directory.CreateTempSubdirectory("token-").FullName;
        try
        {
            var path = Path.Combine(directory, "api.token");
            ApiToken.ReadOrMake(path);
            var token = (await File.ReadAllTextAsync(path, Cancel)).Trim();
            ApiToken.ReadOrMake(path).Is(token).ShouldBeTrue();
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
            Should.Throw<WorkerManagementException>(() => ApiToken.ReadOrMake(path)).Message.ShouldBe($"the token in '{path}' can be read by others (mode 640); remove the file, and the next start makes a new one");
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await File.WriteAllTextAsync(path, "short", Cancel);
            Should.Throw<WorkerManagementException>(() => ApiToken.ReadOrMake(path)).Message.ShouldContain("holds no token");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task The_dashboards_page_needs_no_token_but_what_it_shows_does()
    {
        await using var server = await StartAsync();
        using var page = await server.Http.GetAsync(new Uri("/", UriKind.Relative), Cancel);
        (page.StatusCode, page.Content.Headers.ContentType!.MediaType).ShouldBe((HttpStatusCode.OK, "text/html"));
        using var events = await server.Http.GetAsync(new Uri("/v1/events", UriKind.Relative), Cancel);
        events.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static Task<ApiServer> StartAsync()
    {
        var server = new ApiServer();
        return server.StartAsync(configure: app => app.UseWorkerManagerToken(TokenFile(server)));
    }

    private static string TokenFile(ApiServer server) => Path.Combine(server.State, "api.token");

    private static Task<HttpResponseMessage> SendAsync(ApiServer server, string? authorization, string? host = null, string? origin = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/status") { Headers = { Host = host } };
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (origin is not null)
        {
            request.Headers.TryAddWithoutValidation("Origin", origin);
        }

        return server.Http.SendAsync(request, Cancel);
    }
}
