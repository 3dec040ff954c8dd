using CodeAnalysisServer.Analysis;

namespace CodeAnalysisServer.Tests.Analysis;

public sealed class CodeTextTests
{
    [Theory]
    [InlineData("Python", "x = f\"{okapi(1)} okapi {{okapi}}\" + 'okapi' + f'''{okapi['okapi']}\nokapi'''\n", 2)]
    [InlineData("Python", "x = rf'{okapi}' # okapi\n", 1)]
    [InlineData("Java", "String s = \"\"\"\n  okapi \"okapi\" \"\"\" + okapi;\n", 1)]
    [InlineData("Go", "s := `okapi\n\"okapi` + okapi\n", 1)]
    [InlineData("C", "char *s = \"\" \"okapi\"; okapi(); /* okapi */\n", 1)]
    [InlineData("JavaScript", "s = `okapi ${okapi(`okapi ${ {okapi: 'okapi'} } okapi`)} okapi`; okapi // okapi\n", 3)]
    [InlineData("JavaScript", "s = a.replace(/`okapi['\"/]/g, okapi) / okapi / 2; /* okapi */ return /okapi/\n", 2)]
    [InlineData("JavaScript", "f = x => /okapi/.test('a\\'okapi\\\nokapi') || `\\`okapi` + okapi\n", 1)]
    [InlineData("JavaScript", "okapi = \"no end\nokapi `${okapi", 3)]
    [InlineData("TypeScript", "const okapi = <p>don't okapi</p>\nconst s: string = `a\nokapi`", 2)]
    public void Only_code_is_code(string language, string text, int expected)
    {
        var code = new CodeText(text, language).Code;
        code.Length.ShouldBe(text.Length);
        (code.Split("okapi").Length - 1).ShouldBe(expected, code);
    }

    [Theory]
    [InlineData("=/[")]
    [InlineData("\"\\")]
    [InlineData("`\\")]
    [InlineData("`${")]
    [InlineData("}`${")]
    [InlineData("/*/")]
    public async Task A_megabyte_of_beginnings_without_an_end_takes_no_time_to_speak_of(string beginning)
    {
        var text = string.Concat(Enumerable.Repeat(beginning, (1 << 20) / beginning.Length));
        (await Task.Run(() => new CodeText(text, "JavaScript").Code).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).Length.ShouldBe(text.Length);
    }
}
