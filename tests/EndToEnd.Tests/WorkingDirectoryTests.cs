namespace EndToEnd.Tests;

public sealed class WorkingDirectoryTests
{
    [Theory]
    [InlineData("workers", "status")]
    [InlineData("workers", "run")]
    [InlineData("code-analysis-server", "serve")]
    public async Task One_that_was_removed_is_told(string program, string verb)
    {
        var gone = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var (code, output) = await Executable.RunAsync("env", "sh", "-c", $"mkdir '{gone}' && cd '{gone}' && rmdir '{gone}' && exec \"$0\" {verb}", Path.Combine(AppContext.BaseDirectory, program));
        (code, output).ShouldBe((2, $"{program}: the working directory was removed; go to one that exists (cd /), and try again"));
    }
}
