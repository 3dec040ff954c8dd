namespace CodeAnalysisServer.Analysis;

/// <summary>What the syntax of one file says. Lines count from 1; a line ends with LF.</summary>
/// <param name="Analyzer">Who said it, with its version: another one asks again.</param>
/// <param name="Language">In ctags' spelling, such as <c>C#</c> or <c>Python</c>; null when nobody knows.</param>
public sealed record FileFacts(string Analyzer, string? Language, IReadOnlyList<EntityFact> Entities, IReadOnlyList<ImportFact> Imports, IReadOnlyList<BaseFact> Bases, IReadOnlyList<AnalysisError> Errors)
{
    /// <summary>Of a file that nobody could look into.</summary>
    public static FileFacts Nothing(string analyzer, string? language = null, params IReadOnlyList<AnalysisError> errors) => new(analyzer, language, [], [], [], errors);
}

/// <summary>Something with a name: a type, a member, a function.</summary>
/// <param name="Parent">The place of the enclosing entity in the file's list, which is always an earlier one.</param>
/// <param name="FirstLine">Where its documentation begins; <paramref name="StartLine"/> without any.</param>
/// <param name="Complexity">Cyclomatic, of a type the sum of its members'; null where there is no code.</param>
public sealed record EntityFact(int? Parent, string Kind, string Name, string QualifiedName, string Signature, string? Doc, int FirstLine, int StartLine, int EndLine, int? Complexity);

/// <summary>What a file makes use of, as written.</summary>
public sealed record ImportFact(int Line, string Target);

/// <summary>A base of a type, as written, and its last name alone.</summary>
public sealed record BaseFact(int Entity, string Name, string SimpleName);

/// <summary>What went wrong with a file, and at which stage.</summary>
public sealed record AnalysisError(string Stage, string Message);
