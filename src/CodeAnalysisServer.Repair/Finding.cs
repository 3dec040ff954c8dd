using CodeAnalysisServer.SqliteQueue;

namespace CodeAnalysisServer.Repair;

/// <summary>One disagreement: what kind, what it is, and what mends it: statements, a job's stop, or a job to be run. Immutable.</summary>
public sealed record Finding(string Kind, string What, IReadOnlyList<Statement> Mend)
{
    /// <summary>A job that is to be stopped.</summary>
    public string? StopJob { get; init; }

    /// <summary>A type of job that mends it, and its parameters.</summary>
    public (string Type, IReadOnlyDictionary<string, string> Parameters)? Job { get; init; }
}

/// <summary>What a repair is to look at. Immutable.</summary>
public sealed record RepairOptions
{
    /// <summary>Pages of the database too: reads all of it.</summary>
    public bool Pages { get; init; } = true;

    /// <summary>How much of the time it may work; it rests for the remainder after each slice. A half unless set.</summary>
    public double Share { get; init; } = 0.5;

    /// <summary>How long a job may run without a word before it is stuck. An hour unless set.</summary>
    public TimeSpan StuckAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>What a repair did. Immutable.</summary>
public sealed record RepairReport(IReadOnlyList<Finding> Found, int Mended, IReadOnlyList<string> NotMended);
