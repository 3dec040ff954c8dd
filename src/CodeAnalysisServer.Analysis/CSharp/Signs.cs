using System.Buffers;

namespace CodeAnalysisServer.Analysis.CSharp;

/// <summary>What a piece of C# must have in its text to hold an entity or a decision. A comment or a string may have it too: then it is looked at in vain.</summary>
internal static class Signs
{
    private static readonly SearchValues<char> Characters = SearchValues.Create('{', '?', '&', '|');

    private static readonly SearchValues<string> OfExpression = SearchValues.Create([" or", " and", "\tor", "\tand"], StringComparison.Ordinal);

    // Beside those: a local function, which has an arrow or a body or is extern; and what decides by a word. A switch and a do have others of these in them.
    private static readonly SearchValues<string> OfStatement = SearchValues.Create([" or", " and", "\tor", "\tand", "=>", "if", "while", "for", "case", "catch", "extern"], StringComparison.Ordinal);

    /// <summary>Whether an expression may hold a decision, a switch or a lambda with statements.</summary>
    public static bool InExpression(ReadOnlySpan<char> text) => text.ContainsAny(Characters) || text.ContainsAny(OfExpression);

    /// <summary>Whether a statement may hold any of these, be a decision's branch, or hold a local function.</summary>
    public static bool InStatement(ReadOnlySpan<char> text)
    {
        if (text.ContainsAny(Characters))
        {
            return true;
        }

        for (var from = 0; text[from..].IndexOfAny(OfStatement) is >= 0 and var found;)
        {
            var at = from + found;
            // Not within a name, as "if" is in "Notify".
            if (!char.IsLetter(text[at]) || at == 0 || !(char.IsLetterOrDigit(text[at - 1]) || text[at - 1] == '_'))
            {
                return true;
            }

            from = at + 1;
        }

        return false;
    }
}
