using System.Data.Common;
using CodeAnalysisServer.Analysis.CSharp;
using CodeAnalysisServer.Analysis.Queries;
using Microsoft.CodeAnalysis;

namespace CodeAnalysisServer.Analysis.Semantics;

/// <summary>From the compiler's symbols to the index's entities. Reads each file's rows once. Not thread-safe.</summary>
internal sealed class EntityMap(DbConnection connection, string root)
{
    private readonly Dictionary<string, List<CodeEntity>> _files = [];

    /// <summary>Where a symbol is declared first; null when that is not in the index.</summary>
    public CodeEntity? Of(ISymbol symbol)
    {
        var definition = Symbols.Definition(symbol);
        foreach (var declaration in definition.DeclaringSyntaxReferences.OrderBy(reference => reference.SyntaxTree.FilePath, StringComparer.Ordinal))
        {
            var node = declaration.GetSyntax();
            if (CSharpKinds.Of(node) is not { } wanted)
            {
                continue;
            }

            var line = node.GetLocation().GetLineSpan();
            var (start, end) = (line.StartLinePosition.Line + 1, line.EndLinePosition.Line + 1);
            if (In(declaration.SyntaxTree.FilePath).Where(entity => (entity.Kind, entity.Name) == wanted).MinBy(entity => Math.Abs(entity.StartLine - start) + Math.Abs(entity.EndLine - end)) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>All entities of a file.</summary>
    public List<CodeEntity> In(string path) => _files.TryGetValue(path, out var known) ? known : _files[path] = EntityRows.Of(connection, root, path);

    /// <summary>How a symbol is called in an answer: as an entity's qualified name is written.</summary>
    public static string NameOf(ISymbol symbol) => Symbols.Definition(symbol).ToDisplayString(Plain);

    private static readonly SymbolDisplayFormat Plain = new(SymbolDisplayGlobalNamespaceStyle.Omitted, SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces, SymbolDisplayGenericsOptions.None, SymbolDisplayMemberOptions.IncludeContainingType);
}
