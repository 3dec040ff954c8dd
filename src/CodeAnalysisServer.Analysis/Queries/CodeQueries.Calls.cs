using CodeAnalysisServer.Analysis.CSharp;
using CodeAnalysisServer.Analysis.Queries;
using CodeAnalysisServer.Analysis.Semantics;

namespace CodeAnalysisServer.Analysis;

public sealed partial class CodeQueries
{
    /// <summary>Who calls a method, or hands it on: one answer for each entity around its usages, the first usage shown.</summary>
    public IReadOnlyList<Call> Callers(CodeEntity method, int limit = 100, CancellationToken cancellationToken = default)
    {
        var usages = new List<Usage>();
        string? cursor = null;
        do
        {
            var page = FindUsages(method, MostUsages, cursor, cancellationToken);
            usages.AddRange(page.Usages);
            cursor = page.NextCursor;
        }
        while (cursor is not null && usages.Count < 10 * MostUsages);

        return [.. usages
            .GroupBy(usage => (usage.Path, usage.Within?.Id, usage.Binding))
            .Select(group => (First: group.First(), Count: group.Count()))
            .Take(Math.Clamp(limit, 1, MostUsages))
            .Select(group => new Call(group.First.Within?.QualifiedName ?? group.First.Path, group.First.Within, group.First.Root, group.First.Path, group.First.StartLine, group.First.EndLine, group.First.Snippet, group.Count, group.First.Binding, group.First.Why))];
    }

    /// <summary>What a method calls, each once, in the order of its code.</summary>
    public IReadOnlyList<Call> Callees(CodeEntity method, CancellationToken cancellationToken = default)
    {
        if (method.Language != CSharpAnalyzer.Language)
        {
            return [.. Group(Mentions(method.Root, method.Path, method.Language, method, CodeKinds, @"(?=\s*\()"), method.Root, method.Path, Source.TryRead(method.Root, method.Path)).Select(AsCall)];
        }

        var session = Open(method.Root);
        if (session.ModelOf(method.Path, cancellationToken) is not { } model || SemanticSession.DeclarationOf(method, model) is not { } node)
        {
            return [];
        }

        var map = new EntityMap(connection, method.Root);
        var calls = CSharpReferences.Calls(model, method.Kind == "top_level" ? model.SyntaxTree.GetRoot(cancellationToken) : Whole(node), cancellationToken)
            .Select(call => (call.Name, Entity: call.Symbol is null ? null : map.Of(call.Symbol), Bound: call.Symbol is not null, call.Position));
        return [.. Group(calls, method.Root, method.Path, Source.Of(model.SyntaxTree.GetText(cancellationToken).ToString())).Select(AsCall)];

        Call AsCall((string Name, CodeEntity? Entity, int Line, string Snippet, int Count, Binding Binding, string Why) use) =>
            new(use.Name, use.Entity, method.Root, method.Path, use.Line, use.Line, use.Snippet, use.Count, use.Binding, use.Why);
    }
}
