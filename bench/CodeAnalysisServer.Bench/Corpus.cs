using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CodeAnalysisServer.Bench;

/// <summary>A type or member as it is indexed, without its documentation; and the first sentence of that, if it has any.</summary>
internal sealed record Entity(string Repository, string Text, string? Sentence);

/// <summary>Entities of real C# code.</summary>
internal static partial class Corpus
{
    private const int MostCharacters = 4000, FewestWords = 4;

    /// <summary>Every type and member of the C# files below a directory, in the order of their paths.</summary>
    public static IEnumerable<Entity> Of(string directory)
    {
        var repository = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)));
        foreach (var path in Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            foreach (var node in CSharpSyntaxTree.ParseText(File.ReadAllText(path)).GetRoot().DescendantNodes())
            {
                if (node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax or BaseMethodDeclarationSyntax or BasePropertyDeclarationSyntax or EventFieldDeclarationSyntax)
                {
                    var text = TextOf((MemberDeclarationSyntax)node);
                    yield return new(repository, text.Length > MostCharacters ? text[..MostCharacters] : text, SentenceOf(node));
                }
            }
        }
    }

    // A type without the bodies of its members: those are entities of their own.
    private static string TextOf(MemberDeclarationSyntax node)
    {
        if (node is TypeDeclarationSyntax type)
        {
            var end = type.OpenBraceToken.IsKind(SyntaxKind.None) ? type.Span.End : type.OpenBraceToken.SpanStart;
            var header = type.SyntaxTree.GetText().ToString(new(type.SpanStart, Math.Max(0, end - type.SpanStart)));
            return header + "\n" + string.Join('\n', type.Members.Select(NameOf).Where(name => name.Length > 0).Distinct());
        }

        return node.ReplaceTrivia(node.DescendantTrivia().Where(trivia => trivia.HasStructure && trivia.GetStructure() is DocumentationCommentTriviaSyntax), (_, _) => default).WithoutLeadingTrivia().ToString();
    }

    private static string NameOf(MemberDeclarationSyntax member) => member switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        PropertyDeclarationSyntax property => property.Identifier.Text,
        BaseTypeDeclarationSyntax type => type.Identifier.Text,
        FieldDeclarationSyntax field => string.Join(' ', field.Declaration.Variables.Select(variable => variable.Identifier.Text)),
        _ => "",
    };

    private static string? SentenceOf(SyntaxNode node)
    {
        var doc = node.GetLeadingTrivia().Select(trivia => trivia.GetStructure()).OfType<DocumentationCommentTriviaSyntax>().LastOrDefault();
        if (doc?.Content.OfType<XmlElementSyntax>().FirstOrDefault(element => element.StartTag.Name.ToString() == "summary") is not { } summary)
        {
            return null;
        }

        // <see cref="Namespace.Type{T}"/> is read as Type.
        var text = Marks().Replace(References().Replace(summary.Content.ToFullString(), match => match.Groups[1].Value), " ");
        text = Spaces().Replace(text.Replace("///", " ", StringComparison.Ordinal), " ").Trim();
        var sentence = text.IndexOf(". ", StringComparison.Ordinal) is > 0 and var end ? text[..end] : text.TrimEnd('.');
        return sentence.Split(' ').Length >= FewestWords ? sentence : null;
    }

    [GeneratedRegex("""<[^>]*(?:cref|name|langword)="(?:[^"]*[.:])?(\w+)[^"]*"[^>]*>""")]
    private static partial Regex References();

    [GeneratedRegex("<[^>]*>|&[a-z]+;")]
    private static partial Regex Marks();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
