using System.Data.Common;
using CodeAnalysisServer.Analysis.Queries;
using CodeAnalysisServer.Analysis.Semantics;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Analysis;

/// <summary>
/// Questions about code. What the syntax says is in the index; what the compiler says is found when asked, from the files on the
/// disk. Only reads. As little thread-safe as its connection; make one for each request.
/// </summary>
/// <param name="connection">The index, open for reading.</param>
/// <param name="models">What has been compiled so far: one for the whole process.</param>
public sealed partial class CodeQueries(DbConnection connection, SemanticModels models)
{
    /// <summary>The most answers to one question by name.</summary>
    public const int MostEntities = 1000;

    private readonly SemanticModels _models = models;
    private readonly List<SemanticSession> _sessions = [];

    /// <summary>What the answers so far lack, in words: projects that are not restored, packages that are not on this machine. What uses those is known by name only.</summary>
    public IReadOnlyList<string> Notes => [.. _sessions.SelectMany(session => session.Notes).Distinct().Order(StringComparer.Ordinal)];

    private SemanticSession Open(string root)
    {
        var session = _models.Open(connection, root);
        _sessions.Add(session);
        return session;
    }

    /// <summary>The entity of an id; null when there is none any more.</summary>
    public CodeEntity? GetEntity(long id) => EntityRows.Get(connection, id);

    /// <summary>
    /// Entities by name (<c>Add</c>) or by the end of their qualified name (<c>List.Add</c>, <c>Namespace.List.Add</c>), those with
    /// the same letters first, then those that differ in case only.
    /// </summary>
    /// <param name="kind">Only of this kind; null for all.</param>
    public IReadOnlyList<EntityHit> FindEntities(string name, string? kind = null, int limit = 100)
    {
        var asked = name.Trim().Replace("::", ".", StringComparison.Ordinal);
        // A name may hold dots itself: a namespace, a file's.
        var last = asked.Contains('.', StringComparison.Ordinal) ? asked[(asked.LastIndexOf('.') + 1)..] : asked;
        var found = EntityRows.Select(
            connection,
            $"WHERE ({Dialect.Of(connection).SameLetters("e.name", "$1")} OR {Dialect.Of(connection).SameLetters("e.name", "$2")}) AND ($3 IS NULL OR e.kind = $3) ORDER BY f.root, f.path, e.id",
            last,
            asked,
            kind);
        return [.. found
            .Select(entity => (Entity: entity, Rank: Rank(entity, asked)))
            .Where(match => match.Rank < Reasons.Length)
            .OrderBy(match => match.Rank)
            .Take(Math.Clamp(limit, 1, MostEntities))
            .Select(match => new EntityHit(match.Entity, Reasons[match.Rank]))];
    }

    /// <summary>All entities of a file in the order of the source, each after the one around it.</summary>
    public IReadOnlyList<CodeEntity> Outline(string root, string path) => EntityRows.Of(connection, root, path);

    private static readonly string[] Reasons = ["the qualified name", "the name", "the end of the qualified name", "the name, in other case", "the end of the qualified name, in other case"];

    private static int Rank(CodeEntity entity, string asked)
    {
        var qualified = entity.QualifiedName.Replace("::", ".", StringComparison.Ordinal);
        return qualified == asked ? 0
            : entity.Name == asked ? 1
            : qualified.EndsWith("." + asked, StringComparison.Ordinal) ? 2
            : entity.Name.Equals(asked, StringComparison.OrdinalIgnoreCase) || qualified.Equals(asked, StringComparison.OrdinalIgnoreCase) ? 3
            : qualified.EndsWith("." + asked, StringComparison.OrdinalIgnoreCase) ? 4
            : Reasons.Length;
    }
}
