namespace CodeAnalysisServer.Analysis;

/// <summary>
/// JavaScript and TypeScript without their comments, strings and regular expressions. A template holds code that may hold templates, which no
/// pattern tells; and a quote in a regular expression begins no string. What begins like one of these and has no end is left as it is.
/// </summary>
internal static class ScriptText
{
    private static readonly HashSet<string> BeforeExpression = ["return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "yield", "await", "instanceof"];

    /// <summary>All of it as spaces; positions and lines stay.</summary>
    public static string Code(string text)
    {
        var code = text.ToCharArray();
        // One for each template that is open around this place: how many braces are open in its expression.
        var templates = new Stack<int>();
        // Where something had no end, nothing of its kind is tried again: in all of a strange text that would take its square.
        var (at, before, line, whole) = (0, -1, 0, true);
        while (at < text.Length)
        {
            var end = text[at] switch
            {
                '/' when Follows(text, at, '/') => LineEnd(text, at),
                '/' when Follows(text, at, '*') => text.IndexOf("*/", at + 2, StringComparison.Ordinal) is >= 0 and var last ? last + 2 : text.Length,
                '/' when at >= line && BeginsExpression(text, before) => EndOfPattern(text, at),
                '"' or '\'' when at >= line => EndOfString(text, at),
                '`' when whole => EndOfPart(text, at, templates),
                '}' when whole && templates.TryPeek(out var open) && open == 0 => EndOfPart(text, at, templates),
                _ => -1,
            };
            if (end > at)
            {
                before = text[at] is '/' && text[at + 1] is '/' or '*' ? before : end - 1;
                CodeText.Blank(code.AsSpan(at, end - at));
                at = end;
                continue;
            }

            line = end == at && text[at] is '"' or '\'' or '/' ? LineEnd(text, at) : line;
            whole &= end != at || text[at] is not ('`' or '}');
            if (text[at] is '{' or '}' && templates.TryPop(out var braces))
            {
                templates.Push(Math.Max(braces + (text[at] == '{' ? 1 : -1), 0));
            }

            before = char.IsWhiteSpace(text[at]) ? before : at;
            at++;
        }

        return new(code);
    }

    private static bool Follows(string text, int at, char next) => at + 1 < text.Length && text[at + 1] == next;

    private static int LineEnd(string text, int at) => text.IndexOf('\n', at) is >= 0 and var end ? end : text.Length;

    // A slash divides what is before it, or begins a regular expression where a value is still to come.
    private static bool BeginsExpression(string text, int before)
    {
        if (before < 0 || "(,=:[!&|?{;+-*%~^".Contains(text[before], StringComparison.Ordinal))
        {
            return true;
        }

        var start = before;
        while (start >= 0 && (char.IsLetterOrDigit(text[start]) || text[start] is '_' or '$'))
        {
            start--;
        }

        return BeforeExpression.Contains(text[(start + 1)..(before + 1)]) || (text[before] == '>' && before > 0 && text[before - 1] == '=');
    }

    // The same place when it does not end on its line.
    private static int EndOfPattern(string text, int at)
    {
        var inClass = false;
        for (var i = at + 1; i < text.Length && text[i] != '\n'; i++)
        {
            switch (text[i])
            {
                case '\\':
                    i++;
                    break;
                case '[' or ']':
                    inClass = text[i] == '[';
                    break;
                case '/' when !inClass:
                    return i + 1;
                default:
                    break;
            }
        }

        return at;
    }

    // A backslash at its end continues it on the next line.
    private static int EndOfString(string text, int at)
    {
        for (var i = at + 1; i < text.Length && text[i] != '\n'; i++)
        {
            if (text[i] == text[at])
            {
                return i + 1;
            }

            i += text[i] == '\\' ? 1 : 0;
        }

        return at;
    }

    // From a template's beginning, or the end of an expression in it, to its end or the next expression.
    private static int EndOfPart(string text, int at, Stack<int> templates)
    {
        for (var i = at + 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\':
                    i++;
                    break;
                case '`':
                    if (text[at] == '}')
                    {
                        templates.Pop();
                    }

                    return i + 1;
                case '$' when Follows(text, i, '{'):
                    if (text[at] == '`')
                    {
                        templates.Push(0);
                    }

                    return i + 2;
                default:
                    break;
            }
        }

        return at;
    }
}
