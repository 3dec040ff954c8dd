namespace CodeAnalysisServer.Analysis;

/// <summary>A named thing in a source, as indexed.</summary>
/// <param name="Id">Good until its file is indexed anew.</param>
/// <param name="Path">Relative to <paramref name="Root"/>.</param>
/// <param name="Kind">For C#: namespace, class, struct, interface, record, record_struct, enum, extension, delegate, method, constructor, destructor, operator, conversion, property,
/// indexer, event, field, constant, enum_member, local_function, top_level. For other languages ctags' own names.</param>
/// <param name="Signature">The declaration without body, on one line, bounded.</param>
/// <param name="Doc">What its comment says, as plain text.</param>
/// <param name="Complexity">Cyclomatic; of a type the sum of its members'. Null where there is no code.</param>
public sealed record CodeEntity(
    long Id, long? ParentId, string Root, string Path, string Kind, string Name, string QualifiedName, string Signature, string? Doc, int StartLine, int EndLine, int? Complexity, int Lines, string Language)
{
    /// <summary>What to show of it.</summary>
    public string Snippet => Signature;
}

/// <summary>An entity that was asked for by name, and why it is an answer.</summary>
public sealed record EntityHit(CodeEntity Entity, string Why);

/// <summary>How an answer is known.</summary>
public enum Binding
{
    /// <summary>The compiler binds it so.</summary>
    Semantic,

    /// <summary>The name agrees; nothing binds there, or the language is not bound at all.</summary>
    Name,
}

/// <summary>A place where an entity is used.</summary>
/// <param name="Column">From 1, in UTF-16 units.</param>
/// <param name="Within">The innermost entity around it.</param>
public sealed record Usage(string Root, string Path, int StartLine, int EndLine, int Column, string Snippet, Binding Binding, string Why, CodeEntity? Within);

/// <summary>Some usages, in the order of paths and lines.</summary>
/// <param name="NextCursor">Where to go on; null at the end.</param>
/// <param name="Notes">What the answer lacks, in words.</param>
public sealed record UsagePage(CodeEntity Entity, IReadOnlyList<Usage> Usages, string? NextCursor, IReadOnlyList<string> Notes);

/// <summary>Something that a file or an entity depends on: an import as written, or a type or function that it uses.</summary>
/// <param name="Kind"><c>import</c>, <c>type</c> or <c>member</c>.</param>
/// <param name="Entity">Where it is declared, when that is in the index.</param>
/// <param name="StartLine">Where it is used first.</param>
/// <param name="Count">How often.</param>
public sealed record Dependency(string Kind, string Name, CodeEntity? Entity, string Root, string Path, int StartLine, int EndLine, string Snippet, int Count, Binding Binding, string Why);

/// <summary>A type above or below another one.</summary>
/// <param name="Relation"><c>base</c>, <c>interface</c> or <c>derived</c>.</param>
/// <param name="Depth">1 for what is declared there itself.</param>
/// <param name="Entity">Null for a type from outside of the index.</param>
public sealed record HierarchyNode(string Relation, int Depth, string Name, CodeEntity? Entity, Binding Binding, string Why);

/// <summary>The types above a type, and those below it.</summary>
/// <param name="Notes">What the answer lacks, in words.</param>
public sealed record TypeHierarchy(CodeEntity Type, IReadOnlyList<HierarchyNode> Bases, IReadOnlyList<HierarchyNode> Derived, IReadOnlyList<string> Notes);

/// <summary>One end of calls: who calls, or what is called, with the place of the first call.</summary>
/// <param name="Entity">Null for code outside of every entity, or for what is declared outside of the index.</param>
/// <param name="Count">How many calls.</param>
public sealed record Call(string Name, CodeEntity? Entity, string Root, string Path, int StartLine, int EndLine, string Snippet, int Count, Binding Binding, string Why);
