using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Repair;

/// <summary>
/// A repair as a job of the queue: type <c>repair</c>, a dry run unless <c>dry_run=false</c>; <c>pages=false</c> leaves the pages out. Its log is
/// the plan, or what was mended.
/// </summary>
public static class RepairJob
{
    /// <summary>The type's name.</summary>
    public const string Type = "repair";

    /// <summary>The job's work for an index.</summary>
    public static JobBody For(IndexDatabase database) => async job =>
    {
        var queue = await SqliteDriverProxy.ConnectAsync(database.DataDirectory, job.Stopping).ConfigureAwait(false);
        await using (queue.ConfigureAwait(false))
        {
            var manager = new RepairWorkerManager(database, queue, new() { Pages = !Is(job, "pages", "false") }) { OwnJob = job.Id };
            if (!Is(job, "dry_run", "false"))
            {
                var plan = await manager.PlanAsync(job.Stopping).ConfigureAwait(false);
                foreach (var finding in plan)
                {
                    job.Log($"would mend: {finding.What}");
                }

                job.Report(1, plan.Count == 0 ? "everything agrees" : $"{plan.Count} findings; run it with dry_run=false to mend them");
                return;
            }

            var report = await manager.RunAsync(job.Log, job.Stopping).ConfigureAwait(false);
            job.Report(1, report.Found.Count == 0 ? "everything agrees" : $"mended {report.Mended} of {report.Found.Count}");
        }
    };

    private static bool Is(JobContext job, string name, string value) => job.Parameters.TryGetValue(name, out var given) && string.Equals(given, value, StringComparison.OrdinalIgnoreCase);
}
