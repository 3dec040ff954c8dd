using System.Globalization;
using CodeAnalysisServer.SqliteQueue.Sessions;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.SqliteQueue.Jobs;

/// <summary>
/// The long work on the database, as jobs: <c>checkpoint</c>, <c>optimize</c>, <c>rebuild_fulltext</c>, <c>vacuum</c>, <c>backup</c> and
/// <c>integrity_check</c>. The last two read beside the writer; the others hold it up while they run, which is why somebody has to ask for them.
/// </summary>
internal sealed class DatabaseJobs(Engine engine, Func<Action<Session>, Task> byWriter, Action damaged)
{
    private const int MostFaults = 20;

    /// <summary>Teaches a queue the types.</summary>
    public void AddTo(AsyncQueueSystem jobs)
    {
        foreach (var (type, sql, done) in engine.Chores)
        {
            jobs.Register(type, job => WriteAsync(job, sql, done));
        }

        jobs.Register("backup", engine.BackupAsync);
        jobs.Register("integrity_check", CheckAsync);
    }

    private async Task WriteAsync(JobContext job, string sql, string done)
    {
        job.Stopping.ThrowIfCancellationRequested();
        job.Report(null, "waits for the writer");
        await byWriter(writer =>
        {
            // Waited for its turn.
            job.Stopping.ThrowIfCancellationRequested();
            using var stop = job.Stopping.Register(() => writer.Interrupt());
            try
            {
                writer.Do(sql);
            }
            catch (Exception exception) when (writer.IsInterrupt(exception) && job.Stopping.IsCancellationRequested)
            {
                throw new OperationCanceledException(job.Stopping);
            }
        }).ConfigureAwait(false);
        job.Log(done);
    }

    // Table by table, so that no read stays open for long and a stop is heeded.
    private async Task CheckAsync(JobContext job)
    {
        using var reading = engine.Open();
        var tables = Dialect.Of(reading).TablesOfPages(reading);
        var faults = 0;
        for (var i = 0; i < tables.Count; i++)
        {
            job.Stopping.ThrowIfCancellationRequested();
            job.Report((double)i / tables.Count, tables[i]);
            foreach (var fault in Dialect.Of(reading).FaultsIn(reading, tables[i]).Take(MostFaults))
            {
                job.Log($"{tables[i]}: {fault}");
                faults++;
            }
        }

        if (faults == 0)
        {
            job.Log(string.Create(CultureInfo.InvariantCulture, $"{tables.Count} tables are whole"));
        }
        else if (job.Parameters.TryGetValue("renew", out var renew) && renew == "true")
        {
            job.Log("the queue ends now; its next start sets the damaged database aside and the index is rebuilt from the trees");
            damaged();
            await Task.Delay(Timeout.Infinite, job.Stopping).ConfigureAwait(false);
        }
        else
        {
            throw new InvalidOperationException($"{faults} faults, see the log; run the job with renew=true to set the database aside and rebuild it");
        }
    }
}
