using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CodeAnalysisServer.Analysis.CSharp;

/// <summary>A declaration without attributes and body, on one line.</summary>
internal static class Signatures
{
    private const int Longest = 500;

    public static string Of(SyntaxNode node, string text)
    {
        if (node is VariableDeclaratorSyntax { Parent: VariableDeclarationSyntax declaration } variable)
        {
            var field = (BaseFieldDeclarationSyntax)declaration.Parent!;
            var one = declaration.Variables.Count == 1 && field is FieldDeclarationSyntax ? variable.Span.End : variable.Identifier.Span.End;
            return declaration.Variables[0] == variable
                ? OneLine(text, Start(field), one)
                : OneLine(text, Start(field), declaration.Type.Span.End) + " " + variable.Identifier.Text;
        }

        return OneLine(text, Start(node), End(node));
    }

    /// <summary>A part of a text with every run of white space as one space, bounded.</summary>
    public static string OneLine(string text, int start, int end)
    {
        var line = new StringBuilder(Math.Min(end - start, Longest));
        for (var i = start; i < end; i++)
        {
            if (!char.IsWhiteSpace(text[i]))
            {
                line.Append(text[i]);
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }

            if (line.Length >= Longest)
            {
                return line.Append('…').ToString();
            }
        }

        return line.ToString().TrimEnd();
    }

    // After the attributes.
    private static int Start(SyntaxNode node)
    {
        var attributes = node switch
        {
            MemberDeclarationSyntax member => member.AttributeLists,
            LocalFunctionStatementSyntax local => local.AttributeLists,
            ParameterSyntax parameter => parameter.AttributeLists,
            _ => default,
        };
        return attributes.Count == 0 ? node.SpanStart : attributes[^1].GetLastToken().GetNextToken(includeZeroWidth: true).SpanStart;
    }

    private static int End(SyntaxNode node) => node switch
    {
        NamespaceDeclarationSyntax space => space.Name.Span.End,
        FileScopedNamespaceDeclarationSyntax space => space.Name.Span.End,
        BaseTypeDeclarationSyntax type => Before(type.OpenBraceToken, type.SemicolonToken, type),
        BaseMethodDeclarationSyntax method => method.Body?.SpanStart ?? method.ExpressionBody?.SpanStart ?? Before(method.SemicolonToken, default, method),
        PropertyDeclarationSyntax property => property.ExpressionBody?.SpanStart ?? AccessorsEnd(property.AccessorList) ?? property.Span.End,
        IndexerDeclarationSyntax indexer => indexer.ExpressionBody?.SpanStart ?? AccessorsEnd(indexer.AccessorList) ?? indexer.Span.End,
        EventDeclarationSyntax happening => happening.AccessorList?.SpanStart ?? happening.Span.End,
        LocalFunctionStatementSyntax local => local.Body?.SpanStart ?? local.ExpressionBody?.SpanStart ?? local.Span.End,
        GlobalStatementSyntax => node.SpanStart,
        DelegateDeclarationSyntax type => Before(type.SemicolonToken, default, type),
        _ => node.Span.End,
    };

    // Accessors without code belong to what a caller sees: { get; init; }.
    private static int? AccessorsEnd(AccessorListSyntax? accessors) => accessors is null ? null
        : accessors.Accessors.All(accessor => accessor.Body is null && accessor.ExpressionBody is null) ? accessors.Span.End
        : accessors.SpanStart;

    private static int Before(SyntaxToken first, SyntaxToken second, SyntaxNode node) =>
        !first.IsKind(SyntaxKind.None) && !first.IsMissing ? first.SpanStart
        : !second.IsKind(SyntaxKind.None) && !second.IsMissing ? second.SpanStart
        : node.Span.End;
}
