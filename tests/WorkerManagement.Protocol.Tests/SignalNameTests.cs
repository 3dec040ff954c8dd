namespace WorkerManagement.Protocol.Tests;

public sealed class SignalNameTests
{
    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("sigkill", 9)]
    [InlineData("15", 15)]
    public void A_signal_is_read_by_name_or_number(string text, int number)
    {
        SignalName.TryParse(text, out var signal).ShouldBeTrue();
        signal.ShouldBe(number);
    }

    [Theory]
    [InlineData("")]
    [InlineData("NOPE")]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("-1")]
    public void Anything_else_is_refused(string text) => SignalName.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void A_signal_without_a_name_is_told_by_its_number() => SignalName.Of(40).ShouldBe("signal 40");
}
