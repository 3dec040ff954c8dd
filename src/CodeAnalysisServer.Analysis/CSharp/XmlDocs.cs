using System.Net;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CodeAnalysisServer.Analysis.CSharp;

/// <summary>The summary in the comments before a declaration, as plain text. Read by signs, not as XML: broken ones are read too.</summary>
internal static class XmlDocs
{
    // Characters that are kept.
    private const int Longest = 2000;

    /// <summary>The text, and the position where the comment begins; null without one.</summary>
    public static (string? Doc, int Start)? Before(SyntaxToken first, string text)
    {
        if (!first.HasLeadingTrivia)
        {
            return null;
        }

        var (start, end) = (-1, 0);
        foreach (var trivia in first.LeadingTrivia)
        {
            // Parsed or not, it begins with its signs; those of a parsed one are not in its span.
            if (trivia.Kind() is SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia or SyntaxKind.SingleLineDocumentationCommentTrivia or SyntaxKind.MultiLineDocumentationCommentTrivia
                && text.AsSpan(trivia.FullSpan.Start) is var comment && (comment.StartsWith("///") || comment.StartsWith("/**")))
            {
                start = start < 0 ? trivia.FullSpan.Start : start;
                end = trivia.FullSpan.End;
            }
        }

        return start < 0 ? null : (Plain(text.AsSpan(start, end - start)), start);
    }

    private static string? Plain(ReadOnlySpan<char> comment)
    {
        var plain = new StringBuilder();
        var margin = true;
        for (var i = 0; i < comment.Length && plain.Length < Longest; i++)
        {
            var character = comment[i];
            if (char.IsWhiteSpace(character) || (margin && character is '/' or '*') || comment[i..].StartsWith("*/"))
            {
                margin |= character == '\n';
                if (plain.Length > 0 && plain[^1] != ' ')
                {
                    plain.Append(' ');
                }

                continue;
            }

            margin = false;
            if (character == '<' && i + 1 < comment.Length && (char.IsLetter(comment[i + 1]) || comment[i + 1] == '/') && comment[i..].IndexOf('>') is > 0 and var length)
            {
                var tag = comment.Slice(i + 1, length - 1);
                if (tag is "summary")
                {
                    plain.Clear();
                }
                else if (tag is "/summary")
                {
                    break;
                }

                plain.Append(Reference(tag));
                i += length;
            }
            else
            {
                plain.Append(character);
            }
        }

        var done = plain.ToString().Trim();
        return done.Length == 0 ? null : done.Contains('&', StringComparison.Ordinal) ? WebUtility.HtmlDecode(done) : done;
    }

    // What an empty element stands for: <see cref="T:N.List{T}"/> is N.List<T>.
    private static string Reference(ReadOnlySpan<char> tag)
    {
        if (!tag.EndsWith("/") || tag.IndexOf('"') is not (> 0 and var open) || tag[(open + 1)..].IndexOf('"') is not (> 0 and var length))
        {
            return "";
        }

        var value = tag.Slice(open + 1, length);
        return value[(value.IndexOf(':') is 1 ? 2 : 0)..].ToString().Replace('{', '<').Replace('}', '>');
    }
}
