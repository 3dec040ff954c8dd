using System.Text;

namespace CodeAnalysisServer.Searching;

/// <summary>
/// Texts of which one stands in every match of a pattern, so that text without any needs no matching. Read from the pattern's outermost level:
/// what groups, classes and quantifiers hold is passed over, and where anything is not plain there is none. ASCII alone.
/// </summary>
internal static class RequiredLiteral
{
    /// <summary>The longest one of each alternative; none when not each has one for sure.</summary>
    /// <param name="pattern">A valid pattern of .NET, without regard to its case.</param>
    public static string[] Of(string pattern)
    {
        var (all, longest, run) = (new List<string>(), "", new StringBuilder());
        for (var i = 0; i < pattern.Length;)
        {
            var literal = '\0';
            switch (pattern[i])
            {
                case '|':
                    End();
                    all.Add(longest);
                    longest = "";
                    i++;
                    continue;
                case '(':
                    if (SkipGroup(pattern, ref i))
                    {
                        break;
                    }

                    return [];
                case '[':
                    if (SkipClass(pattern, ref i))
                    {
                        break;
                    }

                    return [];
                case '\\':
                    if (SkipEscape(pattern, ref i, out literal))
                    {
                        break;
                    }

                    return [];
                case '.' or '^' or '$':
                    i++;
                    break;
                default:
                    literal = pattern[i++];
                    break;
            }

            var (least, quantified) = SkipQuantifier(pattern, ref i);
            if (char.IsBetween(literal, ' ', '~') && least > 0)
            {
                run.Append(literal);
            }

            if (quantified || !char.IsBetween(literal, ' ', '~'))
            {
                End();
            }
        }

        End();
        all.Add(longest);
        return all.Contains("") ? [] : [.. all];

        void End()
        {
            longest = run.Length > longest.Length ? run.ToString() : longest;
            run.Clear();
        }
    }

    // How often at least what stands before is there, and whether anything is said of it.
    private static (int Least, bool Quantified) SkipQuantifier(string pattern, ref int i)
    {
        if (i >= pattern.Length)
        {
            return (1, false);
        }

        var (least, length) = pattern[i] switch
        {
            '*' or '?' => (0, 1),
            '+' => (1, 1),
            '{' when pattern.IndexOf('}', i) is > 0 and var end && IsCount(pattern.AsSpan(i + 1, end - i - 1)) => (pattern.AsSpan(i + 1, end - i - 1).TrimStart('0') is [>= '1' and <= '9', ..] ? 1 : 0, end - i + 1),
            _ => (1, 0),
        };
        i += length;
        if (length > 0 && i < pattern.Length && pattern[i] == '?')
        {
            i++;
        }

        return (least, length > 0);
    }

    private static bool IsCount(ReadOnlySpan<char> text) => text.Length > 0 && char.IsAsciiDigit(text[0]) && text.TrimStart("0123456789") is "" or [',', ..] && text.Trim("0123456789,").IsEmpty;

    // Groups that set options (such as (?i)) change what follows.
    private static bool SkipGroup(string pattern, ref int i)
    {
        if (i + 1 < pattern.Length && pattern[i + 1] == '?' && (i + 2 >= pattern.Length || pattern[i + 2] is not (':' or '<' or '\'')))
        {
            return false;
        }

        var depth = 0;
        while (i < pattern.Length)
        {
            switch (pattern[i])
            {
                case '\\':
                    i += 2;
                    break;
                case '[':
                    if (!SkipClass(pattern, ref i))
                    {
                        return false;
                    }

                    break;
                case '(':
                    depth++;
                    i++;
                    break;
                case ')':
                    i++;
                    if (--depth == 0)
                    {
                        return true;
                    }

                    break;
                default:
                    i++;
                    break;
            }
        }

        return false;
    }

    private static bool SkipClass(string pattern, ref int i)
    {
        var at = i + 1;
        at += at < pattern.Length && pattern[at] == '^' ? 1 : 0;
        for (var first = true; at < pattern.Length; first = false)
        {
            switch (pattern[at])
            {
                case ']' when !first:
                    i = at + 1;
                    return true;
                case '[' when !first && pattern[at - 1] == '-':
                    // A subtraction.
                    return false;
                default:
                    at += pattern[at] == '\\' ? 2 : 1;
                    break;
            }
        }

        return false;
    }

    private static bool SkipEscape(string pattern, ref int i, out char literal)
    {
        literal = '\0';
        if (i + 1 >= pattern.Length)
        {
            return false;
        }

        var escaped = pattern[i + 1];
        i += 2;
        switch (escaped)
        {
            case 'p' or 'P':
                i = pattern.IndexOf('}', i) + 1;
                return i > 0;
            case 'd' or 'D' or 'w' or 'W' or 's' or 'S' or 'b' or 'B' or 'A' or 'z' or 'Z' or 't' or 'n' or 'r' or 'f' or 'v' or 'e' or 'a':
                return true;
            default:
                literal = escaped;
                // Numbers of characters, references, and what there may be one day.
                return !char.IsLetterOrDigit(escaped);
        }
    }
}
