using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CodeAnalysisServer.Analysis.CSharp;

/// <summary>Gathers the facts of one source while its tree is walked from the front to the end.</summary>
internal sealed class CSharpFacts(string text)
{
    private sealed record Open(int Entity, int End, bool Counts);

    private readonly LineMap _lines = new(text);
    private readonly Stack<Open> _open = new();
    private readonly List<EntityFact> _entities = [];
    private readonly List<int?> _complexity = [];

    /// <summary>In the order of their beginnings; an enclosing one before those in it.</summary>
    public EntityFact[] Entities => [.. _entities.Zip(_complexity, (entity, complexity) => complexity is null ? entity : entity with { Complexity = complexity })];

    public List<ImportFact> Imports { get; } = [];

    public List<BaseFact> Bases { get; } = [];

    /// <summary>Closes what has ended before a position.</summary>
    public void Leave(int position)
    {
        while (_open.TryPeek(out var last) && position >= last.End)
        {
            _open.Pop();
        }
    }

    /// <summary>A declaration begins.</summary>
    public void Enter(SyntaxNode node, string kind, string name)
    {
        if (_entities.Count == Storage.EntityIds.MostInFile)
        {
            return;
        }

        if (node is BaseTypeDeclarationSyntax { BaseList.Types: var bases })
        {
            foreach (var listed in bases)
            {
                Bases.Add(new(_entities.Count, Signatures.OneLine(text, listed.Type.SpanStart, listed.Type.Span.End), CSharpKinds.SimpleName(listed.Type)));
            }
        }

        var code = CSharpKinds.HasCode(node);
        var type = node is TypeDeclarationSyntax;
        if (code && node is not LocalFunctionStatementSyntax)
        {
            Decide();
        }

        int? parent = _open.TryPeek(out var enclosing) ? enclosing.Entity : null;
        // What stands for several nodes, or a part of one: the statements at the top, a field of one variable.
        var (first, end) = node switch
        {
            GlobalStatementSyntax => (node, ((CompilationUnitSyntax)node.Parent!).Members.OfType<GlobalStatementSyntax>().Last().Span.End),
            VariableDeclaratorSyntax { Parent: VariableDeclarationSyntax { Variables: var variables } declaration } when variables[0] == node => (declaration.Parent!, variables.Count == 1 ? declaration.Parent!.Span.End : node.Span.End),
            _ => (node, node.Span.End),
        };
        var line = _lines.LineOf(first.SpanStart);
        var doc = node is GlobalStatementSyntax or BaseNamespaceDeclarationSyntax ? null : XmlDocs.Before(first.GetFirstToken(includeZeroWidth: true), text);
        _entities.Add(new(
            parent,
            kind,
            name,
            Qualify(parent, name),
            Signatures.Of(node, text),
            doc?.Doc,
            doc is { Start: var start } ? _lines.LineOf(start) : line,
            line,
            _lines.LineOf(Math.Max(end - 1, first.SpanStart)),
            null));
        _complexity.Add(code ? 1 : type ? 0 : null);
        _open.Push(new(_entities.Count - 1, end, code || type));
    }

    public void Import(UsingDirectiveSyntax import) =>
        Imports.Add(new(_lines.LineOf(import.SpanStart), Signatures.OneLine(text, import.NamespaceOrType.SpanStart, import.NamespaceOrType.Span.End)));

    /// <summary>One more way through everything that is open.</summary>
    public void Decide()
    {
        foreach (var open in _open)
        {
            if (open.Counts)
            {
                _complexity[open.Entity]++;
            }
        }
    }

    // Who uses a member of an extension block does not name the block.
    private string Qualify(int? parent, string name)
    {
        while (parent is { } outer)
        {
            if (_entities[outer].Kind != "extension")
            {
                return $"{_entities[outer].QualifiedName}.{name}";
            }

            parent = _entities[outer].Parent;
        }

        return name;
    }
}
