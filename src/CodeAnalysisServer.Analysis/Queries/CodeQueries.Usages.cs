using System.Text;
using CodeAnalysisServer.Analysis.CSharp;
using CodeAnalysisServer.Analysis.Queries;
using CodeAnalysisServer.Analysis.Semantics;

namespace CodeAnalysisServer.Analysis;

public sealed partial class CodeQueries
{
    /// <summary>The most usages in one answer.</summary>
    public const int MostUsages = 1000;

    /// <summary>
    /// Where an entity is used, within its root. C# is bound: a place that binds to something else is left out, one that binds to nothing
    /// is there by its name. In other languages every occurrence outside of comments and strings is there by its name.
    /// </summary>
    /// <param name="cursor">From the page before; null for the first.</param>
    /// <exception cref="FormatException">The cursor is none.</exception>
    public UsagePage FindUsages(CodeEntity entity, int limit = 100, string? cursor = null, CancellationToken cancellationToken = default)
    {
        var most = Math.Clamp(limit, 1, MostUsages);
        var after = Cursor.Parse(cursor);
        var usages = new List<Usage>();
        Cursor? last = null;
        foreach (var (path, source, places) in PlacesOf(entity, after?.Path, cancellationToken))
        {
            List<CodeEntity>? around = null;
            foreach (var place in places.Where(place => after is null || path != after.Path || place.Span.Start > after.Position))
            {
                if (usages.Count == most)
                {
                    return new(entity, usages, last!.ToString(), Notes);
                }

                around ??= EntityRows.Of(connection, entity.Root, path);
                usages.Add(Describe(entity.Root, path, source, place, around));
                last = new(path, place.Span.Start);
            }
        }

        return new(entity, usages, null, Notes);
    }

    // File after file, in the order of their paths; a page reads no more of them than it needs.
    private IEnumerable<(string Path, Source Source, IEnumerable<Place> Places)> PlacesOf(CodeEntity entity, string? from, CancellationToken cancellationToken) =>
        entity.Language == CSharpAnalyzer.Language ? InCSharp(entity, from, cancellationToken) : ByName(entity, from);

    private IEnumerable<(string Path, Source Source, IEnumerable<Place> Places)> InCSharp(CodeEntity entity, string? from, CancellationToken cancellationToken)
    {
        var session = Open(entity.Root);
        if (session.SymbolOf(entity, cancellationToken) is not { } target)
        {
            yield break;
        }

        var name = CSharpUsages.NameToFind(target);
        var paths = Candidates.Of(connection, entity.Root, name, CSharpAnalyzer.Language).AsEnumerable();
        // An attribute is used under its short name as well.
        if (target.Name == name + "Attribute")
        {
            paths = paths.Union(Candidates.Of(connection, entity.Root, target.Name, CSharpAnalyzer.Language)).Order(StringComparer.Ordinal);
        }

        foreach (var path in paths.Where(path => string.CompareOrdinal(path, from) >= 0))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (session.ModelOf(path, cancellationToken) is { } model)
            {
                yield return (path, Source.Of(model.SyntaxTree.GetText(cancellationToken).ToString()), CSharpUsages.In(model, target, cancellationToken));
            }
        }
    }

    private IEnumerable<(string Path, Source Source, IEnumerable<Place> Places)> ByName(CodeEntity entity, string? from)
    {
        foreach (var path in Candidates.Of(connection, entity.Root, entity.Name, Candidates.Together(entity.Language)).Where(path => string.CompareOrdinal(path, from) >= 0))
        {
            if (Source.TryRead(entity.Root, path) is { } source)
            {
                var declared = EntityRows.Of(connection, entity.Root, path).Where(other => other.Name == entity.Name).Select(other => other.StartLine).ToHashSet();
                yield return (path, source, NameUsages.In(source, entity.Name, entity.Language, declared));
            }
        }
    }

    private static Usage Describe(string root, string path, Source source, Place place, List<CodeEntity> around)
    {
        var line = source.Lines.LineOf(place.Span.Start);
        return new(root, path, line, source.Lines.LineOf(place.Span.End), place.Span.Start - source.Lines.StartOf(line) + 1, source.SnippetAt(place.Span.Start), place.Binding, place.Why, Innermost(around, line));
    }

    // A later one begins later, and so is within the earlier ones that still go on.
    private static CodeEntity? Innermost(List<CodeEntity> entities, int line) =>
        entities.LastOrDefault(entity => entity.StartLine <= line && line <= entity.EndLine && entity.Kind is not ("parameter" or "unknown"));

    private sealed record Cursor(string Path, int Position)
    {
        public static Cursor? Parse(string? text)
        {
            if (text is null)
            {
                return null;
            }

            try
            {
                var plain = Encoding.UTF8.GetString(Convert.FromHexString(text));
                var at = plain.IndexOf(':', StringComparison.Ordinal);
                return new(plain[(at + 1)..], int.Parse(plain[..at], System.Globalization.CultureInfo.InvariantCulture));
            }
            catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentException)
            {
                throw new FormatException("the cursor is not one that was given with a page; begin again without one", exception);
            }
        }

        public override string ToString() => Convert.ToHexStringLower(Encoding.UTF8.GetBytes($"{Position}:{Path}"));
    }
}
