using CodeAnalysisServer.SqliteQueue.Jobs;

namespace CodeAnalysisServer.Repair.Checks;

/// <summary>Jobs that run and have said nothing for too long.</summary>
internal static class JobChecks
{
    public static IEnumerable<Finding> Find(IReadOnlyList<JobStatus> jobs, TimeSpan stuckAfter, string? self) => jobs
        .Where(job => job.State == JobState.Running && job.Id != self && job.SilentSeconds > stuckAfter.TotalSeconds)
        .Select(job => new Finding("jobs", $"the job '{job.Id}' ({job.Type}) runs and has said nothing since {job.HeardAt:u}", []) { StopJob = job.Id });
}
