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
    public void Only_code_is_code(string language, string text, int expected)
    {
        var code = new CodeText(text, language).Code;
        code.Length.ShouldBe(text.Length);
        (code.Split("okapi").Length - 1).ShouldBe(expected, code);
    }
}
