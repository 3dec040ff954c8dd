using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CodeAnalysisServer.Analysis.CSharp;

/// <summary>
/// C# by its syntax alone: no project is loaded, nothing is bound. One pass over the tree, without recursion, since source may be
/// nested as deep as it likes.
/// </summary>
internal static class CSharpAnalyzer
{
    /// <summary>Ctags' name for it.</summary>
    public const string Language = "C#";

    /// <summary>Changes whenever the same source would give other facts.</summary>
    public const string Version = "roslyn 1";

    /// <summary>The stage of syntax errors.</summary>
    public const string Stage = "syntax";

    // An #error for those who build without a symbol: nothing is wrong with the source.
    private const string ErrorDirective = "CS1029";

    private static readonly CSharpParseOptions Options = new(LanguageVersion.Preview, DocumentationMode.None);

    /// <summary>The facts of a source.</summary>
    public static FileFacts Analyze(string path, string text, CancellationToken cancellationToken)
    {
        if (!Nesting.IsSane(text))
        {
            return TooDeep();
        }

        try
        {
            var tree = CSharpSyntaxTree.ParseText(text, Options, path, cancellationToken: cancellationToken);
            return Collect(tree.GetRoot(cancellationToken), text) with { Errors = Errors(tree, text) };
        }
        catch (InsufficientExecutionStackException)
        {
            return TooDeep();
        }
    }

    /// <summary>Each entity's node, in the order of the facts.</summary>
    public static IEnumerable<SyntaxNode> Declarations(SyntaxNode root) => Walk(root, root.SyntaxTree.GetText().ToString()).Where(node => CSharpKinds.Of(node) is not null);

    private static FileFacts TooDeep() => FileFacts.Nothing(Version, Language, new AnalysisError(Stage, "nested too deeply for the parser; it is searched as text only"));

    private static FileFacts Collect(SyntaxNode root, string text)
    {
        var facts = new CSharpFacts(text);
        foreach (var node in Walk(root, text))
        {
            facts.Leave(node.SpanStart);
            if (CSharpKinds.Of(node) is { } entity)
            {
                facts.Enter(node, entity.Kind, entity.Name);
            }
            else if (node is UsingDirectiveSyntax import)
            {
                facts.Import(import);
            }
            else if (CSharpKinds.IsDecision(node))
            {
                facts.Decide();
            }
        }

        return new(Version, Language, facts.Entities, facts.Imports, facts.Bases, []);
    }

    // Not into what holds neither a declaration nor a decision. Most of a tree is statements and expressions, and few of them have any of
    // the signs of one: the text says so sooner than the nodes, which are made when they are asked for.
    private static IEnumerable<SyntaxNode> Walk(SyntaxNode root, string text) => root.DescendantNodes(node => node switch
    {
        ParameterListSyntax => node.Parent is RecordDeclarationSyntax,
        TypeSyntax or AttributeListSyntax or BaseListSyntax or TypeParameterListSyntax or TypeParameterConstraintClauseSyntax or UsingDirectiveSyntax or ParameterSyntax => false,
        BlockSyntax => Signs.InStatement(text.AsSpan(node.SpanStart, node.Span.Length).TrimStart('{')),
        StatementSyntax => Signs.InStatement(text.AsSpan(node.SpanStart, node.Span.Length)),
        ExpressionSyntax => Signs.InExpression(text.AsSpan(node.SpanStart, node.Span.Length)),
        _ => true,
    });

    private static List<AnalysisError> Errors(SyntaxTree tree, string text)
    {
        var errors = tree.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Id != ErrorDirective).ToArray();
        if (errors.Length == 0)
        {
            return [];
        }

        var more = errors.Length > 1 ? $"; {errors.Length - 1} more" : "";
        return [new(Stage, $"line {new LineMap(text).LineOf(errors[0].Location.SourceSpan.Start)}: {errors[0].GetMessage(System.Globalization.CultureInfo.InvariantCulture)} ({errors[0].Id}){more}")];
    }
}
