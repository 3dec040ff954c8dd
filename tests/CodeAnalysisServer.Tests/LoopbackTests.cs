using CodeAnalysisServer.Http;

namespace CodeAnalysisServer.Tests;

public sealed class LoopbackTests
{
    [Theory]
    [InlineData("http://127.0.0.1:5005", null)]
    [InlineData("http://127.0.0.1:0;http://[::1]:0", null)]
    [InlineData("http://localhost:5005", null)]
    [InlineData("http://localhost:0", "use http://127.0.0.1:0")]
    [InlineData("http://0.0.0.0:5005", "reached from other machines")]
    [InlineData("http://*:5005", "not an address")]
    [InlineData("http://127.0.0.1:5005;http://192.168.0.1:5005", "reached from other machines")]
    [InlineData("https://127.0.0.1:5005", "not an address")]
    [InlineData("http://127.0.0.1:99999", "not an address")]
    [InlineData("5005", "not an address")]
    [InlineData("", "names no address")]
    public void Only_this_machine_is_listened_to(string urls, string? refusal)
    {
        if (refusal is null)
        {
            Loopback.Refusal(urls).ShouldBeNull();
        }
        else
        {
            Loopback.Refusal(urls).ShouldNotBeNull().ShouldContain(refusal);
        }
    }
}
