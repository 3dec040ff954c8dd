using CodeAnalysisServer.Storage;
using WorkerManagement;

namespace CodeAnalysisServer.Operations;

/// <summary>Lines that match; incomplete when the time was over: the cursor goes on from there.</summary>
internal sealed record RegexAnswer(string Pattern, IReadOnlyList<SearchHit> Hits, string? NextCursor, bool Incomplete, int ScannedChunks);

/// <summary>All workers, and what waits because one of them is down.</summary>
internal sealed record WorkerStatusAnswer(
    int TotalWorkers, IReadOnlyDictionary<string, WorkerTypeSummary> ByType, IReadOnlyList<WorkerStatus> Workers, IReadOnlyList<string> Waiting, IReadOnlyList<Incident> Incidents, ManagerStatus Manager, long Version);

/// <summary>What became of the workers that were asked for, and what waits now.</summary>
internal sealed record WorkerChange(bool Success, string Message, IReadOnlyList<WorkerStatus> Workers, IReadOnlyList<string> Waiting);

/// <summary>The last lines of a worker's output, oldest first.</summary>
internal sealed record WorkerLogs(string Worker, IReadOnlyList<string> Lines);

/// <summary>One root. <paramref name="State"/>: scanning, watching or unreadable. Times are Unix seconds.</summary>
internal sealed record Project(
    string Root, bool Added, string State, IReadOnlyList<string> Markers, long Files, long Chunks, long Entities, long Errors, long Bytes, long WaitingForEmbedding, long? ScannedAt, string LeftOut);

/// <summary>All roots.</summary>
internal sealed record ProjectList(IReadOnlyList<Project> Projects);

/// <summary>A root that was added, removed, or was there already.</summary>
internal sealed record ProjectChange(string Root, bool Changed, string Message);

/// <summary>Which roots are scanned, and whether that is done.</summary>
internal sealed record ScanAnswer(IReadOnlyList<string> Roots, bool Done, string Message);

/// <summary>The index as a whole.</summary>
internal sealed record DatabaseStatus(
    string Path, string Database, int Version, long SizeBytes, long LogBytes, long Files, long Chunks, long Entities, long Errors, long Vectors, long WaitingForEmbedding, string VectorSearch, IReadOnlyList<string> Roots, string ReadBy, IReadOnlyList<string> Waiting);

/// <summary>Whether every chunk has its vector.</summary>
internal sealed record VectorCheck(
    bool Ok, string? Model, int? Dimensions, long Texts, long Vectors, long WaitingForEmbedding, IReadOnlyList<DeadText> DeadLetters, IReadOnlyList<string> Problems);

/// <summary>A text that the model would not embed, where it first stands, and why.</summary>
internal sealed record DeadText(string Root, string Path, int StartLine, string Reason, int Tries);

/// <summary>What disagrees, and whether it was mended.</summary>
internal sealed record RepairAnswer(bool DryRun, IReadOnlyList<string> Findings, int Mended, IReadOnlyList<string> NotMended, string Message);

/// <summary>Who serves a data directory.</summary>
internal sealed record ServerIdentity(int Pid, string Data, IReadOnlyList<string> Urls);
