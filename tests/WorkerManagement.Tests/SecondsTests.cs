using System.Globalization;
using CsCheck;

namespace WorkerManagement.Tests;

public sealed class SecondsTests
{
    [Fact]
    public void They_are_the_ticks_rounded_to_microseconds_half_to_even_without_idle_zeros() =>
        Gen.OneOf(Gen.Long, Gen.Long[-1_000_000, 1_000_000], Gen.Long[0, 1000].Select(seconds => seconds * TimeSpan.TicksPerSecond)).Sample(ticks =>
            Seconds.Of(ticks).ToString(CultureInfo.InvariantCulture) == (Math.Round(ticks / (decimal)TimeSpan.TicksPerMicrosecond) / 1_000_000m).ToString(CultureInfo.InvariantCulture));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(15_000_000, "1.5")]
    [InlineData(-5, "0")]
    [InlineData(15, "0.000002")]
    [InlineData(25, "0.000002")]
    [InlineData(long.MaxValue, "922337203685.477581")]
    [InlineData(long.MinValue, "-922337203685.477581")]
    public void They_are_written(long ticks, string text) => Seconds.Of(ticks).ToString(CultureInfo.InvariantCulture).ShouldBe(text);
}
