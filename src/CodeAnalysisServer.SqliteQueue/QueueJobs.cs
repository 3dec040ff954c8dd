using System.Text.Json;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>
/// The jobs of the queue's process, from another one: long work on the database (<c>checkpoint</c>, <c>optimize</c>, <c>rebuild_fulltext</c>,
/// <c>vacuum</c>, <c>backup</c>, <c>integrity_check</c>) and what the server adds, such as <c>repair</c>. Thread-safe.
/// Each call throws <see cref="QueueRefusedException"/> with what the job queue says against it.
/// </summary>
public sealed class QueueJobs
{
    private readonly QueueConnection _connection;

    internal QueueJobs(QueueConnection connection) => _connection = connection;

    /// <summary>The types that there are.</summary>
    public async Task<IReadOnlyList<string>> GetTypesAsync(CancellationToken cancellationToken = default) => (await AskAsync(new(JobRequests.Types), cancellationToken).ConfigureAwait(false)).Types ?? [];

    /// <summary>Adds a job, PENDING until it is started.</summary>
    public Task<JobStatus> AddJobAsync(string id, string type, IReadOnlyDictionary<string, string>? parameters = null, CancellationToken cancellationToken = default) =>
        OneAsync(new(JobRequests.Add, id, type, parameters), cancellationToken);

    /// <summary>Starts a job.</summary>
    public Task<JobStatus> StartJobAsync(string id, CancellationToken cancellationToken = default) => OneAsync(new(JobRequests.Start, id), cancellationToken);

    /// <summary>Stops a job, and says what it really came to.</summary>
    public async Task<JobStop> StopJobAsync(string id, CancellationToken cancellationToken = default) => (await AskAsync(new(JobRequests.Stop, id), cancellationToken).ConfigureAwait(false)).Stop!;

    /// <summary>Forgets a job that does not run.</summary>
    public Task DeleteJobAsync(string id, CancellationToken cancellationToken = default) => AskAsync(new(JobRequests.Delete, id), cancellationToken);

    /// <summary>A job as it is now.</summary>
    public Task<JobStatus> GetJobStatusAsync(string id, CancellationToken cancellationToken = default) => OneAsync(new(JobRequests.Status, id), cancellationToken);

    /// <summary>Waits while a job runs; what it is then. Cancelling ends only the waiting.</summary>
    public Task<JobStatus> WaitForJobAsync(string id, CancellationToken cancellationToken = default) => OneAsync(new(JobRequests.Wait, id), cancellationToken);

    /// <summary>All jobs.</summary>
    public async Task<IReadOnlyList<JobStatus>> ListJobsAsync(CancellationToken cancellationToken = default) => (await AskAsync(new(JobRequests.List), cancellationToken).ConfigureAwait(false)).Jobs ?? [];

    /// <summary>The last lines that a job said.</summary>
    public async Task<IReadOnlyList<JobLogLine>> GetJobLogsAsync(string id, CancellationToken cancellationToken = default) => (await AskAsync(new(JobRequests.Logs, id), cancellationToken).ConfigureAwait(false)).Lines ?? [];

    private async Task<JobStatus> OneAsync(JobAsk ask, CancellationToken cancellationToken) => (await AskAsync(ask, cancellationToken).ConfigureAwait(false)).Jobs![0];

    private async Task<JobAnswer> AskAsync(JobAsk ask, CancellationToken cancellationToken)
    {
        var frame = await _connection.AskAsync(id => Packer.Whole(FrameKind.Job, id, JsonSerializer.SerializeToUtf8Bytes(ask, JobJson.Default.JobAsk)), cancellationToken).ConfigureAwait(false);
        var answer = JsonSerializer.Deserialize(frame.Body.Span, JobJson.Default.JobAnswer)!;
        return answer.Error is null ? answer : throw new QueueRefusedException(answer.Error);
    }
}
