using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using CodeAnalysisServer.Operations;

namespace CodeAnalysisServer.Searching;

/// <summary>
/// Finds the lines of a text that a pattern matches, each taken by itself. Text that lacks what every match has is passed over as it
/// comes, in UTF-8. The rest is searched as a whole, which is fast where nothing matches; then only the line in which a match begins.
/// Runs in time linear to the text. Thread-safe.
/// </summary>
internal sealed class LineMatcher
{
    // Characters that are shown of a line and of a match.
    private const int Widest = 240, Before = 80;

    private const string AnyCase = "(?i)";

    private readonly Regex _whole;
    private readonly byte[][] _required;
    private readonly bool _anyCase;

    /// <exception cref="RefusedException">It is no regular expression, or needs to try back and forth.</exception>
    public LineMatcher(string pattern, bool ignoreCase)
    {
        Pattern = pattern;
        try
        {
            _whole = new(pattern, RegexOptions.NonBacktracking | RegexOptions.Multiline | RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None));
        }
        catch (RegexParseException exception)
        {
            throw new RefusedException(Refusal.Invalid, $"'{pattern}' is no regular expression: {exception.Message}; put \\ before ( ) [ ] {{ }} . * + ? ^ $ | that are meant as they are");
        }
        catch (NotSupportedException exception)
        {
            throw new RefusedException(Refusal.Invalid, $"'{pattern}' cannot be searched for: {exception.Message} Lookaround, backreferences, atomic groups and very large repetitions are left out so that every search ends in time");
        }

        var option = pattern.StartsWith(AnyCase, StringComparison.Ordinal);
        _anyCase = ignoreCase || option;
        _required = [.. RequiredLiteral.Of(option ? pattern[AnyCase.Length..] : pattern).Select(text => Encoding.UTF8.GetBytes(_anyCase ? text.ToLowerInvariant() : text))];
    }

    /// <summary>The pattern.</summary>
    public string Pattern { get; }

    /// <summary>Calls <paramref name="found"/> with each matching line: its number from 0, what is shown of it, and what matched.</summary>
    public void Find(ReadOnlySpan<byte> utf8, Action<int, string, string> found)
    {
        if (_required.Length > 0 && !MayMatch(utf8))
        {
            return;
        }

        var characters = ArrayPool<char>.Shared.Rent(utf8.Length);
        Find(characters.AsSpan(0, Encoding.UTF8.GetChars(utf8, characters)), found);
        ArrayPool<char>.Shared.Return(characters);
    }

    private bool MayMatch(ReadOnlySpan<byte> utf8)
    {
        if (!_anyCase)
        {
            return HasRequired(utf8);
        }

        var lower = ArrayPool<byte>.Shared.Rent(utf8.Length);
        // Beyond ASCII there are letters that are another case of one in it (the Kelvin sign, of k).
        var may = Ascii.ToLower(utf8, lower, out var length) != OperationStatus.Done || HasRequired(lower.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(lower);
        return may;
    }

    private bool HasRequired(ReadOnlySpan<byte> utf8)
    {
        foreach (var text in _required)
        {
            if (utf8.IndexOf(text) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private void Find(ReadOnlySpan<char> text, Action<int, string, string> found)
    {
        var (line, counted) = (0, 0);
        for (var from = 0; from <= text.Length;)
        {
            var at = -1;
            foreach (var candidate in _whole.EnumerateMatches(text, from))
            {
                at = candidate.Index;
                break;
            }

            if (at < 0)
            {
                return;
            }

            var start = text[..at].LastIndexOf('\n') + 1;
            var end = text[at..].IndexOf('\n') is >= 0 and var stop ? at + stop : text.Length;
            line += text[counted..start].Count('\n');
            counted = start;
            var whole = text[start..end];
            // A match that began here may have needed the lines after it.
            foreach (var match in _whole.EnumerateMatches(whole))
            {
                found(line, Show(whole, match.Index), Bound(whole.Slice(match.Index, match.Length)));
                break;
            }

            from = end + 1;
        }
    }

    private static string Bound(ReadOnlySpan<char> text) => text.Length <= Widest ? text.ToString() : string.Concat(text[..Widest], "…");

    private static string Show(ReadOnlySpan<char> line, int match)
    {
        if (line.Length <= Widest)
        {
            return line.ToString();
        }

        var from = Math.Clamp(match - Before, 0, line.Length - Widest);
        return $"{(from > 0 ? "…" : "")}{line.Slice(from, Widest)}{(from + Widest < line.Length ? "…" : "")}";
    }
}
