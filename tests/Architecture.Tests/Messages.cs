using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Architecture.Tests;

/// <summary>
/// Every message that the product can give a person, read from its source: what an exception of ours is made with, and what the few methods that
/// refuse or complain are given. What is filled in at run time is written as an ellipsis. Text that is only passed on belongs to who made it.
/// </summary>
internal static class Messages
{
    private static readonly string[] Exceptions = ["WorkerManagementException", "WorkerNotFoundException", "BadQueryException", "NoManagerException", "FrameException", "PosixException"];

    // Refuse and its like take the words last; Check.Fail of the doctor has the remedy in its last argument and needs no page.
    private static readonly string[] Methods = ["Refuse", "Fail", "FailWaiting", "Wrong", "Entries", "Errors.Add", "Problems.WriteAsync", "Error.WriteLineAsync", "Console.Error.WriteLine", "lines.Tell", "Output.Log"];

    // Told on the same way, but nothing is wrong; or only what surrounds the words of another.
    private static readonly string[] NotErrors = ["dashboard and API: …/ (token: …)", "workers: as it was at …, by the journal; its last record before that is of ……", "… …: … (pid …)", "… from process …: stopping all", "workers: …", "workers: ……", "…: found …, expected …", "…: found …, expected", "cannot …: …"];

    /// <summary>Each once, in order.</summary>
    public static IReadOnlyList<string> All() =>
    [
        .. Repository.Sources("src").Where(file => file.Contains("/src/WorkerManagement", StringComparison.Ordinal))
            .SelectMany(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot().DescendantNodes().SelectMany(node => Words(node).SelectMany(Variants).Select(text => Whole(node, text))))
            .Select(text => text.Trim()).Where(IsWords).Except(NotErrors).Distinct().Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<ExpressionSyntax> Words(SyntaxNode node) => node switch
    {
        ObjectCreationExpressionSyntax { ArgumentList: { } made } creation when Exceptions.Contains(Name(creation.Type)) => made.Arguments.Select(argument => argument.Expression),
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Last" } last } call when Name(last.Expression) == "PosixException" => call.ArgumentList.Arguments.Select(argument => argument.Expression),
        InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "WriteAsync" } } call when call.Ancestors().OfType<ClassDeclarationSyntax>().First().Identifier.Text == "Problems" => call.ArgumentList.Arguments.Select(argument => argument.Expression),
        InvocationExpressionSyntax call when Methods.Any(method => Says(call, method)) => call.ArgumentList.Arguments.Select(argument => argument.Expression),
        // A message that waits in a variable or a tuple until it is told.
        TupleExpressionSyntax { Parent: ReturnStatementSyntax } tuple => tuple.Arguments.Where(argument => Name(tuple.Arguments[0].Expression) is "Failed" or "NotSettled").Select(argument => argument.Expression),
        ReturnStatementSyntax { Expression: { } said } answer when answer.Ancestors().OfType<MethodDeclarationSyntax>().FirstOrDefault() is { Identifier.Text: "Mistake" } or { Identifier.Text: "Of", Parent: ClassDeclarationSyntax { Identifier.Text: "Mistakes" } } => [said],
        AssignmentExpressionSyntax { Left: IdentifierNameSyntax { Identifier.Text: "reason" }, Right: var reason } => [reason],
        VariableDeclaratorSyntax { Identifier.Text: "what", Initializer.Value: { } step } => [step],
        MethodDeclarationSyntax { Identifier.Text: "NotADuration" or "Unknown" or "Refusal" or "Mistake", ExpressionBody.Expression: { } said } => [said],
        _ => [],
    };

    // Some are given only the part that differs.
    private static string Whole(SyntaxNode node, string text) => text == "…" ? text : node switch
    {
        VariableDeclaratorSyntax => $"cannot {text}: …",
        ObjectCreationExpressionSyntax { ArgumentList.Arguments.Count: 2 } made when Name(made.Type) == "PosixException" => $"cannot {text}: …",
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Last" } } => $"cannot {text}: …",
        InvocationExpressionSyntax { ArgumentList.Arguments.Count: > 1 } call when Says(call, "Wrong") || Says(call, "Entries") => $"…: found …, expected {text}",
        _ => text,
    };

    private static bool Says(InvocationExpressionSyntax call, string method) => call.Expression switch
    {
        MemberAccessExpressionSyntax member when Name(member.Expression) == "Check" => false,
        var called => called.ToString() == method || called.ToString().EndsWith("." + method, StringComparison.Ordinal),
    };

    private static string Name(SyntaxNode expression) => expression switch
    {
        MemberAccessExpressionSyntax member => member.Name.Identifier.Text,
        var other => other.ToString(),
    };

    // A choice in the middle of a message makes a message of each side.
    private static IEnumerable<string> Variants(ExpressionSyntax expression) => expression switch
    {
        LiteralExpressionSyntax { Token.Value: string text } => [text],
        InterpolatedStringExpressionSyntax filled => [string.Concat(filled.Contents.Select(part => part is InterpolatedStringTextSyntax text ? Unescaped(text) : "…"))],
        CollectionExpressionSyntax list => list.Elements.OfType<ExpressionElementSyntax>().SelectMany(element => Variants(element.Expression)),
        ParenthesizedExpressionSyntax inner => Variants(inner.Expression),
        ConditionalExpressionSyntax choice => Variants(choice.WhenTrue).Concat(Variants(choice.WhenFalse)),
        BinaryExpressionSyntax sum when sum.IsKind(SyntaxKind.AddExpression) => Variants(sum.Left).SelectMany(left => Variants(sum.Right).Select(right => left + right)),
        BinaryExpressionSyntax either when either.IsKind(SyntaxKind.CoalesceExpression) => Variants(either.Left).Concat(Variants(either.Right)),
        SwitchExpressionSyntax cases => cases.Arms.SelectMany(arm => Variants(arm.Expression)),
        ObjectCreationExpressionSyntax => [],
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Create" }, ArgumentList.Arguments: [.., { Expression: InterpolatedStringExpressionSyntax filled }] } => Variants(filled),
        _ => ["…"],
    };

    private static string Unescaped(InterpolatedStringTextSyntax text) => text.TextToken.ValueText.Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal);

    private static bool IsWords(string text) => text.Any(char.IsLetter) && text.Contains(' ', StringComparison.Ordinal);
}
