namespace WorkerManagement.Logs;

/// <summary>Which lines are wanted.</summary>
internal sealed record LogQuery
{
    /// <summary>The last so many of those that pass; null for all.</summary>
    public int? Last { get; init; }

    /// <summary>Not before this moment; lines without a time pass only without it.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Of one pipe only.</summary>
    public LogStream? Stream { get; init; }

    /// <summary>Of the run before the newest one alone.</summary>
    public bool Previous { get; init; }

    /// <summary>Of this run alone.</summary>
    public long? Run { get; init; }

    /// <summary>Lines that match.</summary>
    public System.Text.RegularExpressions.Regex? Pattern { get; init; }

    /// <summary>Lines at least as severe.</summary>
    public LogLevelOf? Level { get; init; }

    /// <summary>Whether to wait for more.</summary>
    public bool Follow { get; init; }

    /// <summary>Whether every line passes.</summary>
    public bool IsPlain => this is { Since: null, Stream: null, Previous: false, Run: null, Pattern: null, Level: null };
}
