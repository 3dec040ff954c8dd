using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CodeAnalysisServer.Analysis.Semantics;

/// <summary>Whether what a name binds to is what was asked for.</summary>
internal static class Symbols
{
    /// <summary>What a use of a symbol is a use of: the definition of a generic one, the property of an accessor, the method of an extension call.</summary>
    public static ISymbol Definition(ISymbol symbol) => symbol switch
    {
        IAliasSymbol alias => Definition(alias.Target),
        IMethodSymbol { ReducedFrom: { } reduced } => Definition(reduced),
        IMethodSymbol { AssociatedSymbol: { } owner } => owner.OriginalDefinition,
        IMethodSymbol { PartialDefinitionPart: { } first } => first.OriginalDefinition,
        IPropertySymbol { PartialDefinitionPart: { } first } => first.OriginalDefinition,
        _ => symbol.OriginalDefinition,
    };

    /// <summary>Whether two are the same, also when they are seen from two compilations.</summary>
    public static bool Same(ISymbol first, ISymbol second)
    {
        (first, second) = (Definition(first), Definition(second));
        return SymbolEqualityComparer.Default.Equals(first, second)
            || (first.Kind == second.Kind && first.Name == second.Name && first.Kind is not (SymbolKind.Local or SymbolKind.Parameter)
                && first is not IMethodSymbol { MethodKind: MethodKind.LocalFunction }
                && (first is INamespaceSymbol || first.ContainingAssembly?.Name == second.ContainingAssembly?.Name)
                && first.GetDocumentationCommentId() is { } id && id == second.GetDocumentationCommentId());
    }

    /// <summary>Whether a name that binds to a symbol uses the target: an attribute's or a created object's name uses both the type and its constructor.</summary>
    public static bool Uses(ISymbol bound, ISymbol target) => Same(bound, target)
        || (target is INamedTypeSymbol && bound is IMethodSymbol { MethodKind: MethodKind.Constructor, ContainingType: { } type } && Same(type, target))
        || (target is IPropertySymbol && bound is IParameterSymbol parameter && PropertyOf(parameter) is { } property && Same(property, target));

    // Who names an argument of a record's own parameters sets the property.
    private static IPropertySymbol? PropertyOf(IParameterSymbol parameter) =>
        parameter.DeclaringSyntaxReferences is [var declared] && declared.GetSyntax() is ParameterSyntax { Parent.Parent: RecordDeclarationSyntax }
            ? parameter.ContainingType.GetMembers(parameter.Name).OfType<IPropertySymbol>().FirstOrDefault() : null;

    /// <summary>What a node binds to: one symbol, or those that the compiler could not decide between.</summary>
    public static (IReadOnlyList<ISymbol> Found, bool Decided) Bind(SemanticModel model, SyntaxNode node, CancellationToken cancellationToken)
    {
        var info = node switch
        {
            ConstructorInitializerSyntax initializer => model.GetSymbolInfo(initializer, cancellationToken),
            CrefSyntax cref => model.GetSymbolInfo(cref, cancellationToken),
            AttributeSyntax attribute => model.GetSymbolInfo(attribute, cancellationToken),
            ExpressionSyntax expression => model.GetSymbolInfo(expression, cancellationToken),
            _ => default,
        };
        return info.Symbol is { } symbol ? ([symbol], true)
            // All methods of a name are meant where only the name is asked for, as in nameof; what is only not accessible is still meant, and
            // so is the only one that there is when an argument's type (of a package that is not here) is not known.
            : ([.. info.CandidateSymbols], info.CandidateSymbols.Length == 1 || info.CandidateReason is CandidateReason.MemberGroup or CandidateReason.Inaccessible);
    }
}
