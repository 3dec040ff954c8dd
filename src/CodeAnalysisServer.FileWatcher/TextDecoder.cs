using System.Text;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>
/// Bytes to text. A byte order mark decides (UTF-8, UTF-16, UTF-32). Without one a NUL in the first 8000 bytes means binary, as git
/// decides; so UTF-16 is text only with its mark. What is not UTF-8 then is taken as Latin-1: every byte is a character, and ASCII
/// words are found in any of the old encodings.
/// </summary>
internal static class TextDecoder
{
    private const int Looked = 8000;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text without its mark; null for binary.</summary>
    public static string? TryDecode(ReadOnlySpan<byte> content)
    {
        // UTF-32 first: its little-endian mark begins as UTF-16's does.
        foreach (var encoding in (ReadOnlySpan<Encoding>)[Encoding.UTF32, new UTF32Encoding(bigEndian: true, byteOrderMark: true), Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode])
        {
            var mark = encoding.Preamble;
            if (content.StartsWith(mark))
            {
                return encoding.GetString(content[mark.Length..]);
            }
        }

        if (content[..Math.Min(content.Length, Looked)].Contains((byte)0))
        {
            return null;
        }

        try
        {
            return Strict.GetString(content);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(content);
        }
    }
}
