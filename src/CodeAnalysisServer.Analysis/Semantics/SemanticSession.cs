using CodeAnalysisServer.Analysis.CSharp;
using CodeAnalysisServer.Storage;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CodeAnalysisServer.Analysis.Semantics;

/// <summary>One question's view of a root: every file is bound in its own project's compilation, all of the same state. Not thread-safe.</summary>
internal sealed class SemanticSession(SemanticModels models, ProjectLayout layout)
{
    private readonly Dictionary<string, CSharpCompilation> _compilations = [];
    private readonly Dictionary<string, ILookup<string, SyntaxTree>> _trees = [];

    /// <summary>What is missing of the projects that were compiled so far, in words.</summary>
    public IReadOnlyCollection<string> Notes => layout.Notes;

    /// <summary>A file as it is bound; null when it is not in the index.</summary>
    public SemanticModel? ModelOf(string path, CancellationToken cancellationToken)
    {
        if (layout.Of(path) is not { } project)
        {
            return null;
        }

        if (!_trees.TryGetValue(project.Directory, out var trees))
        {
            _trees[project.Directory] = trees = models.Compile(layout, project, _compilations, cancellationToken).SyntaxTrees.ToLookup(tree => tree.FilePath);
        }

        return trees[path].FirstOrDefault() is { } tree ? _compilations[project.Directory].GetSemanticModel(tree) : null;
    }

    /// <summary>An entity's declaration: by its place in the file, else (the file has changed since) the nearest one of its kind and name.</summary>
    public static SyntaxNode? DeclarationOf(CodeEntity entity, SemanticModel model)
    {
        var declarations = CSharpAnalyzer.Declarations(model.SyntaxTree.GetRoot()).ToArray();
        bool IsIt(SyntaxNode node) => CSharpKinds.Of(node) == (entity.Kind, entity.Name);
        var place = (int)(entity.Id & (EntityIds.MostInFile - 1));
        return place < declarations.Length && IsIt(declarations[place])
            ? declarations[place]
            : declarations.Where(IsIt).MinBy(node => Math.Abs(node.GetLocation().GetLineSpan().StartLinePosition.Line + 1 - entity.StartLine));
    }

    /// <summary>The symbol that an entity declares; null for top-level statements and what does not bind.</summary>
    public ISymbol? SymbolOf(CodeEntity entity, CancellationToken cancellationToken)
    {
        if (ModelOf(entity.Path, cancellationToken) is not { } model || DeclarationOf(entity, model) is not { } node || node is GlobalStatementSyntax)
        {
            return null;
        }

        var symbol = model.GetDeclaredSymbol(node, cancellationToken);
        return symbol is IParameterSymbol parameter ? parameter.ContainingType?.GetMembers(parameter.Name).OfType<IPropertySymbol>().FirstOrDefault() : symbol;
    }
}
