using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CodeAnalysisServer.Analysis.Semantics;

/// <summary>Something that code refers to: its symbol, or only its name where it does not bind.</summary>
internal sealed record Reference(ISymbol? Symbol, string Name, int Position);

/// <summary>What a part of a source refers to, in the order of the source.</summary>
internal static class CSharpReferences
{
    /// <summary>Every mention of a type, and every type whose constructor is called without naming it.</summary>
    public static IEnumerable<Reference> Types(SemanticModel model, SyntaxNode node, CancellationToken cancellationToken)
    {
        foreach (var inner in node.DescendantNodesAndSelf())
        {
            if (inner is not (SimpleNameSyntax or ImplicitObjectCreationExpressionSyntax) || inner is IdentifierNameSyntax { IsVar: true })
            {
                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            var (found, _) = Symbols.Bind(model, inner, cancellationToken);
            var type = found.Count == 0 ? null : found[0] switch
            {
                INamedTypeSymbol named => named,
                IMethodSymbol { MethodKind: MethodKind.Constructor } constructor => constructor.ContainingType,
                IAliasSymbol { Target: INamedTypeSymbol named } => named,
                _ => null,
            };
            if (type is { TypeKind: not TypeKind.Error, IsTupleType: false, IsAnonymousType: false })
            {
                yield return new(type, EntityMap.NameOf(type), inner.SpanStart);
            }
            else if (found.Count == 0 && inner is SimpleNameSyntax name && model.GetTypeInfo(inner, cancellationToken).Type is IErrorTypeSymbol && IsTypePosition(name))
            {
                yield return new(null, name.Identifier.ValueText, inner.SpanStart);
            }
        }
    }

    /// <summary>Every call: of methods, of constructors, of operators that someone has written.</summary>
    public static IEnumerable<Reference> Calls(SemanticModel model, SyntaxNode node, CancellationToken cancellationToken)
    {
        foreach (var inner in node.DescendantNodes())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (calls, name, position) = inner switch
            {
                InvocationExpressionSyntax { Expression: var called } => (true, Last(called)?.Identifier.ValueText ?? called.ToString(), Last(called)?.SpanStart ?? inner.SpanStart),
                BaseObjectCreationExpressionSyntax creation => (true, creation is ObjectCreationExpressionSyntax named ? named.Type.ToString() : "new", inner.SpanStart),
                ConstructorInitializerSyntax initializer => (true, initializer.ThisOrBaseKeyword.Text, inner.SpanStart),
                BinaryExpressionSyntax binary => (false, binary.OperatorToken.Text, binary.OperatorToken.SpanStart),
                _ => default,
            };
            if (name is null)
            {
                continue;
            }

            var (found, decided) = Symbols.Bind(model, inner, cancellationToken);
            var method = found.OfType<IMethodSymbol>().FirstOrDefault();
            if (method is not null && (decided || calls) && method.MethodKind is not (MethodKind.BuiltinOperator or MethodKind.DelegateInvoke))
            {
                yield return new(method, EntityMap.NameOf(method), position);
            }
            else if (found.Count == 0 && calls && name != "nameof")
            {
                yield return new(null, name, position);
            }
        }
    }

    private static SimpleNameSyntax? Last(ExpressionSyntax called) => called switch
    {
        SimpleNameSyntax name => name,
        MemberAccessExpressionSyntax access => access.Name,
        MemberBindingExpressionSyntax binding => binding.Name,
        _ => null,
    };

    private static bool IsTypePosition(SimpleNameSyntax name) => SyntaxFacts.IsInTypeOnlyContext(name);
}
