using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.SqliteQueue;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>What brings one file's rows into agreement with the disk: statements, and then the rows that it has now.</summary>
internal sealed record FileChange(string Path, IReadOnlyList<Statement> Statements, FileFacts Facts, IReadOnlyList<ChunkRow> Chunks)
{
    // A transaction holds more than texts; this is about what a statement or a row without any weighs.
    private const int OfStatement = 100;

    /// <summary>How much work it is, in characters.</summary>
    public int Weight { get; } = ((Statements.Count + Facts.Entities.Count) * OfStatement) + Chunks.Sum(chunk => chunk.Text.Length);

    /// <summary>Of a file that has no rows, or keeps them; null without a statement.</summary>
    public static FileChange? Of(string path, List<Statement> statements) => statements.Count == 0 ? null : new(path, statements, FileFacts.Nothing(""), []);
}

/// <summary>A row of <c>chunks</c>; the entity by its place in the file.</summary>
internal sealed record ChunkRow(int StartLine, int EndLine, string Text, string Words, string Hash, int? Entity);
