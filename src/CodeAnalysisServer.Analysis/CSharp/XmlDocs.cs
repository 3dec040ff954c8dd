using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CodeAnalysisServer.Analysis.CSharp;

/// <summary>The summary in the comments before a declaration, as plain text. Comments are not parsed as XML: broken ones are read too.</summary>
internal static partial class XmlDocs
{
    /// <summary>The text, and the position where the comment begins; null without one.</summary>
    public static (string? Doc, int Start)? Before(SyntaxToken first)
    {
        if (!first.HasLeadingTrivia)
        {
            return null;
        }

        StringBuilder? raw = null;
        var start = 0;
        foreach (var trivia in first.LeadingTrivia)
        {
            // Parsed or not: both have the text.
            var comment = trivia.Kind() is SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia or SyntaxKind.SingleLineDocumentationCommentTrivia or SyntaxKind.MultiLineDocumentationCommentTrivia
                ? trivia.ToFullString() : "";
            if (comment.StartsWith("///", StringComparison.Ordinal) || comment.StartsWith("/**", StringComparison.Ordinal))
            {
                if (raw is null)
                {
                    (raw, start) = (new(), trivia.FullSpan.Start);
                }

                raw.Append(comment).Append('\n');
            }
        }

        return raw is null ? null : (Plain(raw.ToString()), start);
    }

    private static string? Plain(string raw)
    {
        var text = Margin().Replace(raw, " ");
        var summary = Summary().Match(text);
        text = summary.Success ? summary.Groups[1].Value : text;
        text = Reference().Replace(text, match => match.Groups[1].Value[(match.Groups[1].Value.LastIndexOf(':') + 1)..].Replace('{', '<').Replace('}', '>'));
        text = Tag().Replace(text, "");
        text = Space().Replace(System.Net.WebUtility.HtmlDecode(text), " ").Trim();
        return text.Length > 0 ? text : null;
    }

    [GeneratedRegex(@"^[ \t]*(///|/\*\*+|\*+/|\*)|\*+/", RegexOptions.Multiline)]
    private static partial Regex Margin();

    [GeneratedRegex(@"<summary>(.*?)(</summary>|$)", RegexOptions.Singleline)]
    private static partial Regex Summary();

    [GeneratedRegex(@"<\w+ (?:cref|name|langword|href)=""([^""]*)""\s*/>")]
    private static partial Regex Reference();

    [GeneratedRegex(@"</?\w[^<>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
