namespace CodeAnalysisServer.Storage;

/// <summary>One answer: where, how well it fits (higher is better), and why it is there.</summary>
public sealed record SearchHit(string Root, string Path, int StartLine, int EndLine, string Snippet, double Score, Matched Matched);

/// <summary>
/// Why: which of the query's words are there (whole, or as parts of identifiers), and, where vectors were asked, the likeness (0 to 1).
/// The ranks (from 1) are the places in the two rankings that a hybrid search fuses; null where a ranking has not found it.
/// </summary>
public sealed record Matched(IReadOnlyList<string> Words, double? Likeness = null, int? WordRank = null, int? LikenessRank = null);

/// <summary>A query as a vector of length 1 of a model, and where its neighbours are found.</summary>
public sealed record VectorQuery(Vectors.VectorIndex Index, Vectors.EmbeddingModel Model, ReadOnlyMemory<float> Vector);
