using System.Text.RegularExpressions;
using CodeAnalysisServer.Analysis.CSharp;
using CodeAnalysisServer.Analysis.Queries;
using CodeAnalysisServer.Analysis.Semantics;
using CodeAnalysisServer.Storage;
using Microsoft.CodeAnalysis;

namespace CodeAnalysisServer.Analysis;

public sealed partial class CodeQueries
{
    private const string BoundUse = "the compiler binds it", NamedUse = "only the name is known; nothing binds it";
    private const string TypeKinds = "('class', 'struct', 'interface', 'trait', 'record', 'type', 'enum', 'union', 'typedef', 'alias', 'enumeration')";
    private const string CodeKinds = "('function', 'method', 'member', 'constructor', 'subroutine', 'procedure', 'func', 'macro', 'singletonMethod', 'class', 'struct')";

    /// <summary>What a file depends on: its imports as written, and the types that it uses, those first that are used first.</summary>
    public IReadOnlyList<Dependency> FindDependencies(string root, string path, CancellationToken cancellationToken = default)
    {
        var source = Source.TryRead(root, path);
        var imports = connection.Rows(
            "SELECT i.line, i.target FROM imports i JOIN files f ON f.id = i.file_id WHERE f.root = $1 AND f.path = $2 ORDER BY i.position",
            row => (Line: row.GetInt32(0), Target: row.GetString(1)),
            root,
            path).Select(import => new Dependency("import", import.Target, null, root, path, import.Line, import.Line, source is not null && import.Line <= source.Lines.Count ? source.SnippetAt(source.Lines.StartOf(import.Line)) : import.Target, 1, Binding.Name, "the file imports it"));
        var own = EntityRows.Of(connection, root, path);
        return [.. imports, .. TypesUsed(root, path, own.FirstOrDefault()?.Language, null, cancellationToken)];
    }

    /// <summary>The types that an entity uses between its first and its last line; itself is none.</summary>
    public IReadOnlyList<Dependency> FindDependencies(CodeEntity entity, CancellationToken cancellationToken = default) =>
        [.. TypesUsed(entity.Root, entity.Path, entity.Language, entity, cancellationToken)];

    private IEnumerable<Dependency> TypesUsed(string root, string path, string? language, CodeEntity? entity, CancellationToken cancellationToken)
    {
        if (language is null)
        {
            return [];
        }

        if (language != CSharpAnalyzer.Language)
        {
            return Group(Mentions(root, path, language, entity, TypeKinds, ""), root, path, Source.TryRead(root, path)).Select(use => new Dependency("type", use.Name, use.Entity, root, path, use.Line, use.Line, use.Snippet, use.Count, use.Binding, use.Why));
        }

        var session = Open(root);
        if (session.ModelOf(path, cancellationToken) is not { } model || (entity is null ? model.SyntaxTree.GetRoot(cancellationToken) : SemanticSession.DeclarationOf(entity, model)) is not { } node)
        {
            return [];
        }

        var map = new EntityMap(connection, root);
        var references = CSharpReferences.Types(model, Whole(node), cancellationToken).Select(reference => (reference.Name, Entity: reference.Symbol is null ? null : map.Of(reference.Symbol), Bound: reference.Symbol is not null, reference.Position));
        return Group(references.Where(reference => entity is null || reference.Entity is null || reference.Entity.QualifiedName != entity.QualifiedName), root, path, Source.Of(model.SyntaxTree.GetText(cancellationToken).ToString()))
            .Select(use => new Dependency("type", use.Name, use.Entity, root, path, use.Line, use.Line, use.Snippet, use.Count, use.Binding, use.Why));
    }

    // A field's type stands before its name, outside of the node that is the field.
    private static SyntaxNode Whole(SyntaxNode node) => node is Microsoft.CodeAnalysis.CSharp.Syntax.VariableDeclaratorSyntax { Parent.Parent: { } field } ? field : node;

    private static IEnumerable<(string Name, CodeEntity? Entity, int Line, string Snippet, int Count, Binding Binding, string Why)> Group(IEnumerable<(string Name, CodeEntity? Entity, bool Bound, int Position)> references, string root, string path, Source? source) =>
        source is null ? [] : references.GroupBy(reference => (reference.Name, reference.Bound, reference.Entity?.Id)).Select(group =>
        {
            var first = group.MinBy(reference => reference.Position);
            return (first.Name, first.Entity, source.Lines.LineOf(first.Position), source.SnippetAt(first.Position), group.Count(), first.Bound ? Binding.Semantic : Binding.Name, first.Bound ? BoundUse : NamedUse);
        });

    // Words of the code that are names of entities of the same language; the nearest one of several: of the same file, else the first.
    private IEnumerable<(string Name, CodeEntity? Entity, bool Bound, int Position)> Mentions(string root, string path, string language, CodeEntity? entity, string kinds, string behind)
    {
        if (Source.TryRead(root, path) is not { } source)
        {
            return [];
        }

        var code = new CodeText(source.Text, language).Code;
        var (start, end) = entity is null ? (0, code.Length)
            : (source.Lines.StartOf(Math.Min(entity.StartLine, source.Lines.Count)), source.Lines.EndOf(Math.Min(entity.EndLine, source.Lines.Count)));
        var words = Regex.Matches(code[start..end], @"[\p{L}_$][\p{L}\p{N}_$]*" + behind).Select(match => (Name: match.Value, Position: start + match.Index)).ToArray();
        var known = EntityRows.Select(
            connection,
            $"WHERE e.name IN (SELECT n.value ->> 0 FROM json_each($1) n) AND f.root = $2 AND e.language = $3 AND e.kind IN {kinds} ORDER BY f.path = $4 DESC, f.path, e.id",
            JsonColumn.Of(words.Select(word => word.Name).Distinct()),
            root,
            language,
            path).GroupBy(found => found.Name).ToDictionary(group => group.Key, group => group.First());
        return words.Where(word => known.TryGetValue(word.Name, out var found) && found.Id != entity?.Id).Select(word => (word.Name, (CodeEntity?)known[word.Name], false, word.Position));
    }
}
