using System.Text.RegularExpressions;
using CodeAnalysisServer.Searching;

namespace CodeAnalysisServer.Tests;

public sealed class RequiredLiteralTests
{
    [Theory]
    [InlineData("HttpClient", "HttpClient")]
    [InlineData(@"class\s+\w*Factory\b", "Factory")]
    [InlineData(@"GetService<\w+>\(\)", "GetService<")]
    [InlineData(@"^\s*using System\.Text;$", "using System.Text;")]
    [InlineData("colou?r", "colo")]
    [InlineData("ab*cde", "cde")]
    [InlineData("abc+de", "abc")]
    [InlineData("abc{2}de", "abc")]
    [InlineData("abcd{0,3}ef", "abc")]
    [InlineData("a{b}c", "a{b}c")]
    [InlineData("(one|two)three", "three")]
    [InlineData("(?:x(y[)])z)?lit", "lit")]
    [InlineData("[]a]bc[^]]d", "bc")]
    [InlineData("grün und rot", "n und rot")]
    [InlineData("one|two", "one or two")]
    [InlineData(@"on+e|(a|b)two\w|\|", "on or two or |")]
    [InlineData("one|", "")]
    [InlineData("one|.", "")]
    [InlineData("(?i)one", "")]
    [InlineData(@"\x41bc", "")]
    [InlineData("[a-z-[aeiou]]bc", "")]
    [InlineData(@"\p{Lu}\w+", "")]
    [InlineData("", "")]
    public void One_of_them_stands_in_every_match(string pattern, string literal) => string.Join(" or ", RequiredLiteral.Of(pattern)).ShouldBe(literal);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_match_is_without_one(int seed)
    {
        string[] pieces = ["a", "b", "ab", "ba", ".", @"\.", @"\w", @"\s", "[ab]", "[^a]", "[]b]", "(", "(?:", ")", "|", "*", "+", "?", "{2}", "{0,1}", "{,2}", "{1", "^", "$", @"\(", @"\[", " ", "ü"];
        const string letters = "aab b.(ü[{,2}]";
        var random = new Random(seed);
        var (matched, sure) = (0, 0);
        for (var i = 0; i < 8_000; i++)
        {
            var pattern = string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => pieces[random.Next(pieces.Length)]));
            Regex regex;
            try
            {
                regex = new(pattern, RegexOptions.NonBacktracking | RegexOptions.Multiline | RegexOptions.CultureInvariant);
            }
            catch (RegexParseException)
            {
                continue;
            }

            var literals = RequiredLiteral.Of(pattern);
            sure += literals.Length > 0 ? 1 : 0;
            for (var j = 0; j < 8; j++)
            {
                var text = string.Concat(Enumerable.Range(0, random.Next(0, 14)).Select(_ => letters[random.Next(letters.Length)]));
                if (regex.IsMatch(text))
                {
                    matched++;
                    (literals.Length == 0 || Array.Exists(literals, literal => text.Contains(literal, StringComparison.Ordinal))).ShouldBeTrue($"pattern '{pattern}', text '{text}'");
                }
            }
        }

        (matched, sure).ShouldSatisfyAllConditions(counts => counts.matched.ShouldBeGreaterThan(2_000), counts => counts.sure.ShouldBeGreaterThan(1_000));
    }

    [Fact]
    public void Lines_are_found_in_utf8_with_their_numbers()
    {
        var found = new List<(int, string, string)>();
        var text = "zeroth\nfür x = 1;\n\nnothing here\r\nfür y = 22;"u8;
        new LineMatcher(@"für \w = \d+", ignoreCase: false).Find(text, (line, whole, match) => found.Add((line, whole, match)));
        found.ShouldBe([(1, "für x = 1;", "für x = 1"), (4, "für y = 22;", "für y = 22")]);
        found.Clear();
        new LineMatcher("FÜR", ignoreCase: true).Find(text, (line, whole, match) => found.Add((line, whole, match)));
        found.Select(hit => hit.Item1).ShouldBe([1, 4]);
        found.Clear();
        new LineMatcher("(?i)NOTHING h|absent", ignoreCase: false).Find(text, (line, whole, match) => found.Add((line, whole, match)));
        new LineMatcher("(?i)MARK", ignoreCase: false).Find("bookmark"u8, (line, whole, match) => found.Add((line, whole, match)));
        // The Kelvin sign is another case of k.
        new LineMatcher("mark", ignoreCase: true).Find("mar\u212A"u8, (line, whole, match) => found.Add((line, whole, match)));
        found.Select(hit => hit.Item3).ShouldBe(["nothing h", "mark", "mar\u212A"]);
        found.Clear();
        new LineMatcher("absent", ignoreCase: false).Find(text, (line, whole, match) => found.Add((line, whole, match)));
        found.ShouldBeEmpty();
    }
}
