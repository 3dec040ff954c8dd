using CodeAnalysisServer.Analysis.CSharp;
using CodeAnalysisServer.Analysis.Queries;
using CodeAnalysisServer.Analysis.Semantics;
using CodeAnalysisServer.Storage;
using Microsoft.CodeAnalysis;

namespace CodeAnalysisServer.Analysis;

public sealed partial class CodeQueries
{
    private const string BoundBase = "the compiler binds the declared base";
    private const string NamedBase = "the declared base has this name; nothing binds it";

    /// <summary>The types above a type (all of them, interfaces too) and those below it within its root, transitively, the nearest first.</summary>
    public TypeHierarchy GetHierarchy(CodeEntity type, CancellationToken cancellationToken = default)
    {
        if (type.Language != CSharpAnalyzer.Language)
        {
            return new(type, NamedAbove(type), NamedBelow(type), Notes);
        }

        var session = Open(type.Root);
        var map = new EntityMap(connection, type.Root);
        return session.SymbolOf(type, cancellationToken) is INamedTypeSymbol symbol
            ? new(type, [.. Above(symbol, map)], Below(symbol, type, session, map, cancellationToken), Notes)
            : new(type, NamedAbove(type), NamedBelow(type), Notes);
    }

    private static IEnumerable<HierarchyNode> Above(INamedTypeSymbol symbol, EntityMap map)
    {
        var depth = 0;
        for (var above = symbol.BaseType; above is not null; above = above.BaseType)
        {
            depth++;
            yield return Node("base", depth, above, map);
        }

        foreach (var above in symbol.AllInterfaces)
        {
            yield return Node("interface", symbol.Interfaces.Contains(above, SymbolEqualityComparer.Default) ? 1 : 2, above, map);
        }
    }

    private static HierarchyNode Node(string relation, int depth, INamedTypeSymbol type, EntityMap map) => type.TypeKind == TypeKind.Error
        ? new(relation, depth, type.Name, null, Binding.Name, NamedBase)
        : new(relation, depth, EntityMap.NameOf(type), map.Of(type), Binding.Semantic, BoundBase);

    private List<HierarchyNode> Below(INamedTypeSymbol symbol, CodeEntity type, SemanticSession session, EntityMap map, CancellationToken cancellationToken)
    {
        var below = new List<HierarchyNode>();
        var seen = new HashSet<long> { type.Id };
        var next = new Queue<(INamedTypeSymbol Symbol, int Depth)>([(symbol, 1)]);
        while (next.TryDequeue(out var above))
        {
            foreach (var candidate in DeclaringBase(type.Root, above.Symbol.Name, CSharpAnalyzer.Language))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (seen.Contains(candidate.Id) || session.SymbolOf(candidate, cancellationToken) is not INamedTypeSymbol derived)
                {
                    continue;
                }

                var direct = derived.Interfaces.Append(derived.BaseType).OfType<INamedTypeSymbol>().ToArray();
                var bound = direct.Any(listed => Symbols.Same(listed, above.Symbol));
                if (bound || direct.Any(listed => listed.TypeKind == TypeKind.Error && listed.Name == above.Symbol.Name))
                {
                    seen.Add(candidate.Id);
                    below.Add(new("derived", above.Depth, candidate.QualifiedName, candidate, bound ? Binding.Semantic : Binding.Name, bound ? BoundBase : NamedBase));
                    next.Enqueue((derived, above.Depth + 1));
                }
            }
        }

        return below;
    }

    private List<HierarchyNode> NamedAbove(CodeEntity type)
    {
        var above = new List<HierarchyNode>();
        var seen = new HashSet<string> { type.Name };
        var next = new Queue<(CodeEntity Entity, int Depth)>([(type, 1)]);
        while (next.TryDequeue(out var below))
        {
            foreach (var (written, simple) in connection.Rows("SELECT name, simple_name FROM bases WHERE entity_id = $1 ORDER BY position", row => (row.GetString(0), row.GetString(1)), below.Entity.Id))
            {
                if (seen.Add(simple))
                {
                    var found = EntityRows.Select(connection, $"WHERE {Dialect.Of(connection).SameLetters("e.name", "$1")} AND e.name = $1 AND f.root = $2 AND e.language = $3 AND e.kind IN ('class', 'struct', 'interface', 'trait', 'record', 'type') ORDER BY f.path = $4 DESC, e.id LIMIT 1", simple, type.Root, type.Language, type.Path).FirstOrDefault();
                    above.Add(new("base", below.Depth, written, found, Binding.Name, NamedBase));
                    if (found is not null)
                    {
                        next.Enqueue((found, below.Depth + 1));
                    }
                }
            }
        }

        return above;
    }

    private List<HierarchyNode> NamedBelow(CodeEntity type)
    {
        var below = new List<HierarchyNode>();
        var seen = new HashSet<long> { type.Id };
        var next = new Queue<(CodeEntity Entity, int Depth)>([(type, 1)]);
        while (next.TryDequeue(out var above))
        {
            foreach (var derived in DeclaringBase(type.Root, above.Entity.Name, type.Language).Where(derived => seen.Add(derived.Id)))
            {
                below.Add(new("derived", above.Depth, derived.QualifiedName, derived, Binding.Name, NamedBase));
                next.Enqueue((derived, above.Depth + 1));
            }
        }

        return below;
    }

    private List<CodeEntity> DeclaringBase(string root, string name, string language) => EntityRows.Select(
        connection,
        "WHERE e.id IN (SELECT entity_id FROM bases WHERE simple_name = $1) AND f.root = $2 AND e.language = $3 ORDER BY f.path, e.id",
        name,
        root,
        language);
}
