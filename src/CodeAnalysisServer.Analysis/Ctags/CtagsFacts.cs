namespace CodeAnalysisServer.Analysis.Ctags;

/// <summary>A file's tags as facts.</summary>
internal sealed class CtagsFacts(string text, List<CtagsTag?> tags)
{
    // Kinds whose names several languages share; what has code has a complexity.
    private static readonly HashSet<string> Code = ["function", "method", "member", "constructor", "subroutine", "procedure", "func", "singletonMethod", "task", "test", "lambda"];

    private readonly LineMap _lines = new(text);

    public FileFacts ToFacts(string analyzer)
    {
        var errors = new List<AnalysisError>();
        var unsaid = tags.Count(tag => tag is null);
        if (unsaid > 0)
        {
            errors.Add(new(CtagsAnalyzer.Stage, $"{unsaid} tags are not UTF-8 and are left out"));
        }

        if (tags.FirstOrDefault(IsFailure) is { Message: { } message })
        {
            errors.Add(new(CtagsAnalyzer.Stage, message));
        }

        // Ctags emits some inner ones first; a file is read from its beginning, the outer ones before what they hold.
        var definitions = tags.OfType<CtagsTag>().Where(tag => tag is { Type: "tag", Name: not null } && IsDefinition(tag) && !IsGarbage(tag))
            .OrderBy(tag => tag.Line).ThenByDescending(tag => tag.End ?? tag.Line).Take(Storage.EntityIds.MostInFile).ToArray();
        var language = tags.FirstOrDefault(tag => tag?.Type == "tag")?.Language;
        return new(analyzer, language, Entities(definitions, language), Imports(), Bases(definitions), errors);
    }

    // "ignoring null tag": what has no name, as a pattern on JavaScript's left side, is no tag, and the file's others are all there.
    private static bool IsFailure(CtagsTag? tag) => tag is { Type: "error", Message: { } message } && !message.StartsWith("ignoring null tag", StringComparison.Ordinal);

    private static bool IsDefinition(CtagsTag tag) => tag.Roles is null or "" or "def";

    // A function named in backticks is one that ctags' parser of Kotlin leaves out, or names by what is in memory that it has given back: other bytes each time.
    private bool IsGarbage(CtagsTag tag) => tag is { Language: "Kotlin", Kind: "method", Name: { } name } && name != "<lambda>" && !text.Contains(name, StringComparison.Ordinal);

    private List<EntityFact> Entities(CtagsTag[] definitions, string? language)
    {
        var code = new CodeText(text, language);
        var last = new Dictionary<string, int>();
        var entities = new List<EntityFact>(definitions.Length);
        foreach (var tag in definitions)
        {
            var separator = CodeText.Separator(tag.Language ?? language);
            var qualified = string.IsNullOrEmpty(tag.Scope) ? tag.Name! : tag.Scope + separator + tag.Name;
            int? parent = tag.Scope is { Length: > 0 } scope && last.TryGetValue(scope, out var around) ? around : null;
            var start = Math.Clamp(tag.Line, 1, _lines.Count);
            var end = Math.Clamp(tag.End ?? start, start, _lines.Count);
            var kind = tag.Kind ?? "unknown";
            var (doc, first) = code.DocOf(_lines, start, end);
            last[qualified] = entities.Count;
            entities.Add(new(parent, kind, tag.Name!, qualified, Signature(tag, kind), doc, first, start, end, Code.Contains(kind) && tag.End is not null ? code.Complexity(_lines.StartOf(start), _lines.EndOf(end)) : null));
        }

        return entities;
    }

    private static string Signature(CtagsTag tag, string kind)
    {
        // "typename:int", "struct:S": the type is what follows.
        var type = tag.Typeref is { } of ? " : " + of[(of.IndexOf(':', StringComparison.Ordinal) + 1)..] : "";
        return $"{kind} {tag.Name}{tag.Signature}{type}{(string.IsNullOrEmpty(tag.Inherits) ? "" : $" < {tag.Inherits}")}";
    }

    private List<ImportFact> Imports() => [.. tags.OfType<CtagsTag>()
        .Where(tag => tag is { Type: "tag", Name.Length: > 0 } && !IsDefinition(tag) && tag.Roles!.Split(',').Any(role => role is "imported" or "system" or "local" or "included" or "namespace" or "indirectlyImported" or "required" or "used" or "loaded" or "source"))
        .Select(tag => new ImportFact(Math.Max(tag.Line, 1), tag.Name!)).OrderBy(import => import.Line)];

    private static List<BaseFact> Bases(CtagsTag[] definitions) => [.. definitions.SelectMany((tag, entity) => (tag.Inherits ?? "")
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(written => new BaseFact(entity, written, SimpleName(written))))];

    private static string SimpleName(string written)
    {
        var bare = written.Split('<', '(', '[', ' ')[0];
        return bare[(bare.LastIndexOfAny(['.', ':', '\\']) + 1)..];
    }
}
