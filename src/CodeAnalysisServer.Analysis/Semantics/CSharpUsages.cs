using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace CodeAnalysisServer.Analysis.Semantics;

/// <summary>A place in a source, and how it is known to be a use.</summary>
internal sealed record Place(TextSpan Span, Binding Binding, string Why);

/// <summary>Where one C# file uses a symbol: every place that has its name is bound.</summary>
internal static class CSharpUsages
{
    private const string Bound = "the compiler binds it to this";
    private const string Unbound = "the name agrees; the compiler finds no declaration for it here (a reference or a package may be missing)";
    private const string Undecided = "the name agrees; the compiler cannot decide between this and others";

    /// <summary>What has to occur in a file for it to be worth a look.</summary>
    public static string NameToFind(ISymbol symbol) => symbol switch
    {
        IMethodSymbol { MethodKind: MethodKind.Constructor or MethodKind.StaticConstructor or MethodKind.UserDefinedOperator or MethodKind.Conversion or MethodKind.Destructor } method => WithoutAttribute(method.ContainingType),
        IPropertySymbol { IsIndexer: true } indexer => indexer.ContainingType.Name,
        INamedTypeSymbol type => WithoutAttribute(type),
        _ => symbol.Name,
    };

    /// <summary>All uses in the order of the source; its own declarations are none.</summary>
    public static IEnumerable<Place> In(SemanticModel model, ISymbol target, CancellationToken cancellationToken)
    {
        var root = model.SyntaxTree.GetRoot(cancellationToken);
        var named = Named(model, root, target, cancellationToken);
        var nameless = target is IMethodSymbol { MethodKind: MethodKind.Constructor or MethodKind.UserDefinedOperator } or IPropertySymbol { IsIndexer: true } ? Nameless(model, root, target, cancellationToken) : [];
        return named.Concat(nameless).DistinctBy(place => place.Span).OrderBy(place => place.Span.Start);
    }

    private static IEnumerable<Place> Named(SemanticModel model, SyntaxNode root, ISymbol target, CancellationToken cancellationToken)
    {
        if (target is IMethodSymbol { MethodKind: MethodKind.UserDefinedOperator } or IPropertySymbol { IsIndexer: true })
        {
            yield break;
        }

        var name = NameToFind(target);
        var text = model.SyntaxTree.GetText(cancellationToken).ToString();
        for (var at = text.IndexOf(name, StringComparison.Ordinal); at >= 0; at = text.IndexOf(name, at + name.Length, StringComparison.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var token = root.FindToken(at, findInsideTrivia: true);
            if (token.IsKind(SyntaxKind.IdentifierToken) && token.SpanStart >= at - 1 && (token.ValueText == name || token.ValueText == name + "Attribute") && token.Parent is SimpleNameSyntax node && Judge(model, Whole(node, target), target, cancellationToken) is var (binding, why))
            {
                yield return new(token.Span, binding, why);
            }
        }
    }

    // What has no name at the place of use: new(), : base(), a[i], a + b.
    private static IEnumerable<Place> Nameless(SemanticModel model, SyntaxNode root, ISymbol target, CancellationToken cancellationToken)
    {
        foreach (var node in root.DescendantNodes())
        {
            var (candidate, token) = node switch
            {
                ImplicitObjectCreationExpressionSyntax creation when target is IMethodSymbol => (true, creation.NewKeyword),
                ConstructorInitializerSyntax initializer when target is IMethodSymbol => (true, initializer.ThisOrBaseKeyword),
                ElementAccessExpressionSyntax access when target is IPropertySymbol => (true, access.ArgumentList.OpenBracketToken),
                BinaryExpressionSyntax binary when target is IMethodSymbol { MethodKind: MethodKind.UserDefinedOperator } => (true, binary.OperatorToken),
                PrefixUnaryExpressionSyntax unary when target is IMethodSymbol { MethodKind: MethodKind.UserDefinedOperator } => (true, unary.OperatorToken),
                PostfixUnaryExpressionSyntax unary when target is IMethodSymbol { MethodKind: MethodKind.UserDefinedOperator } => (true, unary.OperatorToken),
                AssignmentExpressionSyntax assignment when target is IMethodSymbol { MethodKind: MethodKind.UserDefinedOperator } => (true, assignment.OperatorToken),
                _ => default,
            };
            if (candidate && Symbols.Bind(model, node, cancellationToken) is ({ Count: > 0 } found, true) && found.Any(symbol => Symbols.Uses(symbol, target)))
            {
                yield return new(token.Span, Binding.Semantic, Bound);
            }
        }
    }

    // A constructor is named by the type in what creates it; a documented member with its parameters.
    private static SyntaxNode Whole(SimpleNameSyntax name, ISymbol target)
    {
        SyntaxNode node = name;
        while (node.Parent is QualifiedNameSyntax { Right: var right } && right == node || node.Parent is AliasQualifiedNameSyntax { Name: var alias } && alias == node)
        {
            node = node.Parent;
        }

        return node.Parent switch
        {
            ObjectCreationExpressionSyntax creation when target is IMethodSymbol && creation.Type == node => creation,
            AttributeSyntax attribute when attribute.Name == node => attribute,
            NameMemberCrefSyntax { Parent: QualifiedCrefSyntax qualified } cref when cref.Name == node && target is not ITypeSymbol => qualified,
            NameMemberCrefSyntax cref when cref.Name == node && target is not ITypeSymbol => cref,
            _ => name,
        };
    }

    private static (Binding Binding, string Why)? Judge(SemanticModel model, SyntaxNode node, ISymbol target, CancellationToken cancellationToken)
    {
        var (found, decided) = Symbols.Bind(model, node, cancellationToken);
        if (found.Count == 0)
        {
            // A name that only declares (the label of an argument, a part of a namespace's name) binds to nothing, and uses nothing.
            return node.Parent is BaseNamespaceDeclarationSyntax or NameEqualsSyntax { Parent: AnonymousObjectMemberDeclaratorSyntax or UsingDirectiveSyntax } || node.FirstAncestorOrSelf<BaseNamespaceDeclarationSyntax>(space => space.Name.Span.Contains(node.Span)) is not null
                || model.GetAliasInfo(node, cancellationToken) is { } alias && !Symbols.Uses(alias, target) || IsVar(node)
                ? null : (Binding.Name, Unbound);
        }

        return !found.Any(symbol => Symbols.Uses(symbol, target)) ? null : decided ? (Binding.Semantic, Bound) : (Binding.Name, Undecided);
    }

    private static bool IsVar(SyntaxNode node) => node is IdentifierNameSyntax { IsVar: true };

    private static string WithoutAttribute(INamedTypeSymbol type) =>
        type.Name.EndsWith("Attribute", StringComparison.Ordinal) && type.Name.Length > "Attribute".Length ? type.Name[..^"Attribute".Length] : type.Name;
}
