namespace CodeAnalysisServer.SqliteQueue.Jobs;

/// <summary>A job's work. What it throws is its error; when it is to stop, it throws <see cref="OperationCanceledException"/> at a point where nothing is half done.</summary>
public delegate Task JobBody(JobContext job);

/// <summary>A job's side: what it was given, and how it tells of itself. Thread-safe.</summary>
public sealed class JobContext
{
    private readonly Action<string> _log;
    private readonly Action<double?, string?> _report;

    internal JobContext(JobStatus status, Action<string> log, Action<double?, string?> report, CancellationToken stopping) =>
        (Id, Parameters, Stopping, _log, _report) = (status.Id, status.Parameters, stopping, log, report);

    /// <summary>Its name.</summary>
    public string Id { get; }

    /// <summary>What it was given.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; }

    /// <summary>Cancelled when it is to stop.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Keeps a line in its log.</summary>
    public void Log(string line) => _log(line);

    /// <summary>Tells how far it is, from 0 to 1, and what it does.</summary>
    public void Report(double? progress, string? message = null) => _report(progress, message);
}
