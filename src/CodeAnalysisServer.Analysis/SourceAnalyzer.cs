using CodeAnalysisServer.Analysis.CSharp;
using CodeAnalysisServer.Analysis.Ctags;

namespace CodeAnalysisServer.Analysis;

/// <summary>Which analyzer looks at a file: Roslyn at C#, ctags at everything else. Thread-safe.</summary>
public sealed class SourceAnalyzer(CtagsInstallation installation) : IAsyncDisposable
{
    /// <summary>The analyzer of files of which nothing but the text is known.</summary>
    public const string TextOnly = "text";

    private readonly CtagsAnalyzer? _ctags = installation is CtagsInstallation.Found found ? new(found) : null;

    /// <summary>What is not analysed because something is not installed, and how to install it; null when nothing is missing.</summary>
    public string? Missing => (installation as CtagsInstallation.Missing)?.Why;

    /// <summary>The analyzers of now: what another one said of a file is to be asked again.</summary>
    public IReadOnlyList<string> Versions => [CSharpAnalyzer.Version, _ctags?.Version ?? TextOnly];

    /// <summary>The facts of a file: they depend on nothing but its name and its text.</summary>
    /// <param name="path">Relative to the root; only its name matters.</param>
    public ValueTask<FileFacts> AnalyzeAsync(string path, string text, CancellationToken cancellationToken) =>
        IsCSharp(path) ? ValueTask.FromResult(CSharpAnalyzer.Analyze(path, text, cancellationToken))
        : _ctags is null ? ValueTask.FromResult(FileFacts.Nothing(TextOnly))
        : new(_ctags.AnalyzeAsync(path, text, cancellationToken));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _ctags?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Whether Roslyn reads it.</summary>
    internal static bool IsCSharp(string path) => path.EndsWith(".cs", StringComparison.OrdinalIgnoreCase);
}
