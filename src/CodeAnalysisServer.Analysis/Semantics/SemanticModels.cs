namespace CodeAnalysisServer.Analysis;

/// <summary>What has been parsed and compiled to answer questions, kept within bounds. Thread-safe; one for the whole process.</summary>
public sealed class SemanticModels
{
}
