using CodeAnalysisServer.Analysis.Semantics;
using Microsoft.CodeAnalysis.Text;

namespace CodeAnalysisServer.Analysis.Queries;

/// <summary>Where a text has a name, in a language that nothing here binds.</summary>
internal static class NameUsages
{
    /// <summary>Occurrences as whole words outside of comments and strings, in the order of the text.</summary>
    /// <param name="declared">Lines on which the name is declared: there its first occurrence is no use.</param>
    public static IEnumerable<Place> In(Source source, string name, string language, HashSet<int> declared)
    {
        var code = new CodeText(source.Text, language).Code;
        var seen = new HashSet<int>();
        for (var at = code.IndexOf(name, StringComparison.Ordinal); at >= 0; at = code.IndexOf(name, at + name.Length, StringComparison.Ordinal))
        {
            var end = at + name.Length;
            if ((at > 0 && IsPart(code[at - 1])) || (end < code.Length && IsPart(code[end])))
            {
                continue;
            }

            var line = source.Lines.LineOf(at);
            if (!declared.Contains(line) || !seen.Add(line))
            {
                yield return new(new TextSpan(at, name.Length), Binding.Name, $"the name occurs; {language} is not bound");
            }
        }
    }

    private static bool IsPart(char character) => char.IsLetterOrDigit(character) || character is '_' or '$';
}
