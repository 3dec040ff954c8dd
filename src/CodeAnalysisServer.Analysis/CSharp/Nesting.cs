namespace CodeAnalysisServer.Analysis.CSharp;

/// <summary>
/// Roslyn's parser recurses, and not every recursion of it looks at the stack: twenty thousand opening parentheses end the process
/// that parses them. What is nested beyond anything that a person writes is not given to it. Signs in strings and comments are
/// counted too: that errs on the safe side, and needs a thousand unbalanced ones.
/// </summary>
internal static class Nesting
{
    private const int Deepest = 1000;

    /// <summary>Whether a source may be parsed.</summary>
    public static bool IsSane(string text)
    {
        // Most files have not even so many in all.
        var all = text.AsSpan();
        if (all.Count('(') + all.Count('[') + all.Count('{') <= Deepest && all.Count('<') <= Deepest)
        {
            return true;
        }

        var (brackets, angles) = (0, 0);
        foreach (var character in text)
        {
            switch (character)
            {
                case '(' or '[' or '{':
                    brackets++;
                    angles = character == '{' ? 0 : angles;
                    break;
                case ')' or ']' or '}':
                    brackets = Math.Max(brackets - 1, 0);
                    break;
                case '<':
                    // Also what compares: no statement does so often.
                    angles++;
                    break;
                case '>':
                    angles = Math.Max(angles - 1, 0);
                    break;
                case ';' or '/':
                    angles = 0;
                    break;
            }

            if (brackets > Deepest || angles > Deepest)
            {
                return false;
            }
        }

        return true;
    }
}
