using CodeAnalysisServer.Analysis;

namespace CodeAnalysisServer.Operations;

/// <summary>Entities of a name, the best first.</summary>
internal sealed record EntityAnswer(string Name, IReadOnlyList<EntityMatch> Entities, string? NextCursor);

/// <summary>An entity and why it is an answer.</summary>
internal sealed record EntityMatch(CodeEntity Entity, string Matched);

/// <summary>One entity.</summary>
internal sealed record EntityInfo(CodeEntity Entity);

/// <summary>What a file declares, in the order of its lines; parent_id tells what is within what.</summary>
internal sealed record FileOutline(string Root, string Path, string? Language, IReadOnlyList<CodeEntity> Entities);

/// <summary>A file that could not be indexed, or only in part. <paramref name="Time"/>: UTC.</summary>
internal sealed record IndexingError(string Root, string Path, string Stage, string Message, string Time);

/// <summary>Such files, in the order of their paths.</summary>
internal sealed record IndexingErrors(long Total, IReadOnlyList<IndexingError> Errors, string? NextCursor);

/// <summary>Who calls an entity, or what it calls.</summary>
internal sealed record CallPage(CodeEntity Entity, IReadOnlyList<Call> Calls, string? NextCursor, IReadOnlyList<string> Notes);

/// <summary>What an entity depends on, or a file: then <paramref name="Entity"/> is null.</summary>
internal sealed record DependencyAnswer(CodeEntity? Entity, string Root, string Path, IReadOnlyList<Dependency> Dependencies, IReadOnlyList<string> Notes);
