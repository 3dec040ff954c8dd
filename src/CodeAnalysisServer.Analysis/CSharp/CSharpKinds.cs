using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CodeAnalysisServer.Analysis.CSharp;

/// <summary>Which syntax is an entity, of which kind, and how it is named.</summary>
internal static class CSharpKinds
{
    /// <summary>Kind and name; null for everything that is no entity by itself, or has no name (the source is broken there).</summary>
    public static (string Kind, string Name)? Of(SyntaxNode node)
    {
        if (!MayBe((SyntaxKind)node.RawKind))
        {
            return null;
        }

        var found = node switch
        {
            BaseNamespaceDeclarationSyntax space => ("namespace", Spaceless(space.Name)),
            ClassDeclarationSyntax type => ("class", type.Identifier.ValueText),
            StructDeclarationSyntax type => ("struct", type.Identifier.ValueText),
            InterfaceDeclarationSyntax type => ("interface", type.Identifier.ValueText),
            RecordDeclarationSyntax type => (type.IsKind(SyntaxKind.RecordStructDeclaration) ? "record_struct" : "record", type.Identifier.ValueText),
            EnumDeclarationSyntax type => ("enum", type.Identifier.ValueText),
            ExtensionBlockDeclarationSyntax block => ("extension", $"extension({block.ParameterList?.Parameters.FirstOrDefault()?.Type?.ToString()})"),
            DelegateDeclarationSyntax type => ("delegate", type.Identifier.ValueText),
            MethodDeclarationSyntax member => ("method", member.Identifier.ValueText),
            ConstructorDeclarationSyntax member => ("constructor", member.Identifier.ValueText),
            DestructorDeclarationSyntax member => ("destructor", member.Identifier.ValueText.Length > 0 ? "~" + member.Identifier.ValueText : ""),
            OperatorDeclarationSyntax member => ("operator", "operator " + member.OperatorToken.Text),
            ConversionOperatorDeclarationSyntax member => ("conversion", $"{member.ImplicitOrExplicitKeyword.Text} operator {Spaceless(member.Type)}"),
            PropertyDeclarationSyntax member => ("property", member.Identifier.ValueText),
            IndexerDeclarationSyntax => ("indexer", "this[]"),
            EventDeclarationSyntax member => ("event", member.Identifier.ValueText),
            EnumMemberDeclarationSyntax member => ("enum_member", member.Identifier.ValueText),
            LocalFunctionStatementSyntax member => ("local_function", member.Identifier.ValueText),
            VariableDeclaratorSyntax { Parent.Parent: EventFieldDeclarationSyntax } member => ("event", member.Identifier.ValueText),
            VariableDeclaratorSyntax { Parent.Parent: FieldDeclarationSyntax field } member => (field.Modifiers.Any(SyntaxKind.ConstKeyword) ? "constant" : "field", member.Identifier.ValueText),
            // All statements at the top together are the program's main method, as the compiler names it.
            GlobalStatementSyntax { Parent: CompilationUnitSyntax unit } => node == unit.Members.FirstOrDefault(member => member is GlobalStatementSyntax) ? ("top_level", "Program.<Main>$") : ("", ""),
            // A record's parameters are its properties.
            ParameterSyntax { Parent.Parent: RecordDeclarationSyntax } member => ("property", member.Identifier.ValueText),
            _ => ("", ""),
        };
        return found.Item2.Length > 0 ? found : null;
    }

    // Asked of every node: most are none, and a number is compared sooner than twenty types.
    private static bool MayBe(SyntaxKind kind) => kind is SyntaxKind.NamespaceDeclaration or SyntaxKind.FileScopedNamespaceDeclaration
        or SyntaxKind.ClassDeclaration or SyntaxKind.StructDeclaration or SyntaxKind.InterfaceDeclaration or SyntaxKind.RecordDeclaration or SyntaxKind.RecordStructDeclaration
        or SyntaxKind.EnumDeclaration or SyntaxKind.ExtensionBlockDeclaration or SyntaxKind.DelegateDeclaration or SyntaxKind.MethodDeclaration or SyntaxKind.ConstructorDeclaration
        or SyntaxKind.DestructorDeclaration or SyntaxKind.OperatorDeclaration or SyntaxKind.ConversionOperatorDeclaration or SyntaxKind.PropertyDeclaration or SyntaxKind.IndexerDeclaration
        or SyntaxKind.EventDeclaration or SyntaxKind.EnumMemberDeclaration or SyntaxKind.LocalFunctionStatement or SyntaxKind.VariableDeclarator or SyntaxKind.GlobalStatement or SyntaxKind.Parameter;

    /// <summary>Whether an entity has code of its own, whose complexity counts from 1.</summary>
    public static bool HasCode(SyntaxNode node) => node switch
    {
        BaseMethodDeclarationSyntax method => method.Body is not null || method.ExpressionBody is not null,
        PropertyDeclarationSyntax property => HasCode(property.AccessorList, property.ExpressionBody),
        IndexerDeclarationSyntax indexer => HasCode(indexer.AccessorList, indexer.ExpressionBody),
        EventDeclarationSyntax => true,
        LocalFunctionStatementSyntax or GlobalStatementSyntax => true,
        _ => false,
    };

    /// <summary>Whether a node is a way that the code may take.</summary>
    public static bool IsDecision(SyntaxNode node) => (SyntaxKind)node.RawKind switch
    {
        SyntaxKind.IfStatement or SyntaxKind.WhileStatement or SyntaxKind.DoStatement or SyntaxKind.ForStatement or SyntaxKind.ForEachStatement or SyntaxKind.ForEachVariableStatement => true,
        SyntaxKind.CaseSwitchLabel or SyntaxKind.CasePatternSwitchLabel or SyntaxKind.CatchClause or SyntaxKind.ConditionalExpression => true,
        SyntaxKind.LogicalAndExpression or SyntaxKind.LogicalOrExpression or SyntaxKind.CoalesceExpression or SyntaxKind.CoalesceAssignmentExpression or SyntaxKind.AndPattern or SyntaxKind.OrPattern => true,
        SyntaxKind.SwitchExpressionArm => node is SwitchExpressionArmSyntax { Pattern: not DiscardPatternSyntax },
        _ => false,
    };

    /// <summary>The last name of a type as written: <c>B</c> of <c>A.B&lt;C&gt;</c>.</summary>
    public static string SimpleName(TypeSyntax type) => type switch
    {
        QualifiedNameSyntax qualified => qualified.Right.Identifier.ValueText,
        AliasQualifiedNameSyntax alias => alias.Name.Identifier.ValueText,
        SimpleNameSyntax simple => simple.Identifier.ValueText,
        _ => type.ToString(),
    };

    private static string Spaceless(SyntaxNode node) => string.Concat(node.ToString().Where(character => !char.IsWhiteSpace(character)));

    private static bool HasCode(AccessorListSyntax? accessors, ArrowExpressionClauseSyntax? expression) =>
        expression is not null || accessors?.Accessors.Any(accessor => accessor.Body is not null || accessor.ExpressionBody is not null) == true;
}
