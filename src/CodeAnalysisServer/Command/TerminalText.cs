using System.Globalization;
using System.Text;

namespace CodeAnalysisServer;

/// <summary>File names for a terminal: whoever names a file must not write escape sequences to it, nor turn the line's direction.</summary>
internal static class TerminalText
{
    /// <summary>The text with control and format characters shown as <c>\u{…}</c>.</summary>
    public static string Of(string text)
    {
        StringBuilder? safe = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.GetUnicodeCategory(text[i]) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                (safe ??= new StringBuilder(text, 0, i, text.Length + 8)).Append(CultureInfo.InvariantCulture, $"\\u{{{(int)text[i]:x}}}");
            }
            else
            {
                safe?.Append(text[i]);
            }
        }

        return safe?.ToString() ?? text;
    }
}
