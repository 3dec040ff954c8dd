using WorkerManagement.Cli.Output;

namespace WorkerManagement.Cli.Tests;

public sealed class TableTests
{
    private static readonly string[] Head = ["NAME", "WHY"];

    [Fact]
    public void In_a_pipe_nothing_is_cut() =>
        Table.Lines(Head, [["web-1", new string('x', 500)]], Screen.Plain).ShouldBe(["NAME   WHY", "web-1  " + new string('x', 500)]);

    [Theory]
    [InlineData(30)]
    [InlineData(20)]
    public void On_a_terminal_every_line_fits(int width)
    {
        Cell[][] rows = [["a-name-of-some-length", "a sentence that is longer than any terminal of this test is wide"], ["b", "short"]];
        foreach (var line in Table.Lines(Head, rows, new(width, false)))
        {
            line.Length.ShouldBeLessThanOrEqualTo(width);
        }
    }

    [Fact]
    public void What_is_cut_says_so() =>
        Table.Lines(null, [["web-1", "waiting for the database"]], new(20, false)).ShouldBe(["web-1  waiting for …"]);

    [Fact]
    public void A_terminal_is_told_nothing_that_it_would_obey() =>
        Table.Lines(null, [["a", "\e[2Jgone\nsecond"]], Screen.Plain).ShouldBe(["a  \uFFFD[2Jgone second"]);

    [Fact]
    public void Colours_do_not_move_columns() =>
        Table.Lines(null, [[new("bad", Tone.Bad), "x"], ["good!", "y"]], new(80, true)).ShouldBe(["\e[31mbad\e[0m    x", "good!  y"]);

    [Fact]
    public void A_narrow_terminal_does_without_the_least_columns() =>
        Table.Lines(["NAME", "TYPE", "WHY"], [["web-1", "a-long-type-name", "started"]], new(24, false), 1).ShouldBe(["NAME   WHY", "web-1  started"]);

    [Fact]
    public void Without_names_and_rows_there_is_no_line() => Table.Lines(null, [], Screen.Plain).ShouldBeEmpty();
}
