using CodeAnalysisServer.SqliteQueue;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>What brings one file's rows into agreement with the disk: statements, and then its chunks.</summary>
internal sealed record FileChange(string Path, IReadOnlyList<Statement> Statements, IReadOnlyList<ChunkRow> Chunks)
{
    // A transaction holds more than texts; this is about what a statement without any weighs.
    private const int OfStatement = 100;

    /// <summary>How much work it is, in characters.</summary>
    public int Weight { get; } = (Statements.Count * OfStatement) + Chunks.Sum(chunk => chunk.Text.Length);
}

/// <summary>A row of <c>chunks</c>; the entity by its place in the file.</summary>
internal sealed record ChunkRow(int StartLine, int EndLine, string Text, string Words, string Hash, int? Entity);
