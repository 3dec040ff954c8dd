namespace CodeAnalysisServer.Analysis.Ctags;

/// <summary>Every language that Universal Ctags knows: one entity for each definition that it emits by default. Thread-safe.</summary>
public sealed class CtagsAnalyzer : IAsyncDisposable
{
    /// <summary>The stage of its failures.</summary>
    public const string Stage = "ctags";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly CtagsProcess _process;

    /// <summary>Starts nothing yet.</summary>
    public CtagsAnalyzer(CtagsInstallation.Found installation) : this(installation, Deadline)
    {
    }

    internal CtagsAnalyzer(CtagsInstallation.Found installation, TimeSpan deadline)
    {
        _process = new(installation.Path, deadline);
        Version = $"ctags {installation.Version} 4";
    }

    /// <summary>Changes whenever the same source would give other facts.</summary>
    public string Version { get; }

    internal int? ProcessId => _process.ProcessId;

    /// <summary>The facts of a source; those of a file over which ctags failed have the reason.</summary>
    public async Task<FileFacts> AnalyzeAsync(string path, string text, CancellationToken cancellationToken)
    {
        try
        {
            return new CtagsFacts(text, await _process.TagsAsync(path, text, cancellationToken).ConfigureAwait(false)).ToFacts(Version);
        }
        catch (CtagsException exception)
        {
            return FileFacts.Nothing(Version, null, new AnalysisError(Stage, exception.Message));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
