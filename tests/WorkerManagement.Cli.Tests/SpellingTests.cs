namespace WorkerManagement.Cli.Tests;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("statsu", "status")]
    [InlineData("stp", "stop")]
    [InlineData("lgos", "logs")]
    [InlineData("restrat", "restart")]
    public void A_slip_is_understood(string word, string meant) => Spelling.Nearest(word, ["status", "start", "stop", "restart", "logs"]).ShouldBe(meant);

    [Theory]
    [InlineData("x")]
    [InlineData("nonsense")]
    [InlineData("")]
    public void What_is_near_nothing_is_not_guessed(string word) => Spelling.Nearest(word, ["a", "status", "logs"]).ShouldBeNull();

    [Fact]
    public void A_thousand_names_are_not_listed()
    {
        var hint = Spelling.Hint("nonsense", [.. Enumerable.Range(0, 1000).Select(i => $"w{i}")]);
        hint.ShouldEndWith(" and 980 more");
        hint.Length.ShouldBeLessThan(200);
    }
}
