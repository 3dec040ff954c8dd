using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>
/// Changes of files as the statements of one transaction: what concerns each file, then the rows of all of them together. All chunks
/// come at the end, many in a statement: each statement that changes chunks makes the full-text index write out what came before it,
/// which costs more than the chunks themselves.
/// </summary>
internal static class ChangeStatements
{
    private static readonly ManyRows Entities = new(
        12,
        $"""
        INSERT INTO entities (id, file_id, parent_id, kind, name, qualified_name, signature, doc, start_line, end_line, complexity, lines, language)
        SELECT (f.id << {EntityIds.Shift}) + c.column2, f.id, (f.id << {EntityIds.Shift}) + CAST(c.column3 AS BIGINT), c.column4, c.column5, c.column6, c.column7, c.column8, c.column9, c.column10,
        CAST(c.column11 AS BIGINT), c.column10 - c.column9 + 1, c.column12
        """,
        most: 64);

    private static readonly ManyRows Imports = new(4, "INSERT INTO imports (file_id, position, line, target) SELECT f.id, c.column2, c.column3, c.column4", most: 64);

    private static readonly ManyRows Bases = new(5, $"INSERT INTO bases (entity_id, position, name, simple_name) SELECT (f.id << {EntityIds.Shift}) + c.column2, c.column3, c.column4, c.column5", most: 64);

    private static readonly ManyRows Chunks = new(
        7,
        $"INSERT INTO chunks (file_id, start_line, end_line, text, words, hash, entity_id) SELECT f.id, c.column2, c.column3, c.column4, c.column5, c.column6, (f.id << {EntityIds.Shift}) + CAST(c.column7 AS BIGINT)",
        most: 256);

    /// <summary>All statements, in their order.</summary>
    public static List<Statement> Of(string root, IReadOnlyCollection<FileChange> changes) =>
    [
        .. changes.SelectMany(change => change.Statements),
        .. Entities.Insert(root, changes.SelectMany(Entity)),
        .. Imports.Insert(root, changes.SelectMany(Import)),
        .. Bases.Insert(root, changes.SelectMany(Base)),
        .. Chunks.Insert(root, changes.SelectMany(Chunk)),
    ];

    private static IEnumerable<object?[]> Entity(FileChange change) => change.Facts.Entities.Select((entity, place) => (object?[])
        [change.Path, place, entity.Parent, entity.Kind, entity.Name, entity.QualifiedName, entity.Signature, entity.Doc, entity.StartLine, entity.EndLine, entity.Complexity, change.Facts.Language ?? ""]);

    private static IEnumerable<object?[]> Import(FileChange change) => change.Facts.Imports.Select((import, place) => (object?[])[change.Path, place, import.Line, import.Target]);

    private static IEnumerable<object?[]> Base(FileChange change) => change.Facts.Bases.Select((of, place) => (object?[])[change.Path, of.Entity, place, of.Name, of.SimpleName]);

    // A file's chunks lie together and in its order: so they are found and read.
    private static IEnumerable<object?[]> Chunk(FileChange change) => change.Chunks.Select(chunk => (object?[])[change.Path, chunk.StartLine, chunk.EndLine, chunk.Text, chunk.Words, chunk.Hash, chunk.Entity]);
}
