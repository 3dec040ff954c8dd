using System.Globalization;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.SqliteQueue.Jobs;

/// <summary>
/// The long work on the database, as jobs: <c>checkpoint</c>, <c>optimize</c>, <c>rebuild_fulltext</c>, <c>vacuum</c>, <c>backup</c> and
/// <c>integrity_check</c>. The last two read beside the writer; the others hold it up while they run, which is why somebody has to ask for them.
/// </summary>
internal sealed class DatabaseJobs(string dataDirectory, Func<Action<SqliteConnection>, Task> byWriter, Action damaged)
{
    private const int MostFaults = 20;

    /// <summary>Teaches a queue the types.</summary>
    public void AddTo(AsyncQueueSystem jobs)
    {
        jobs.Register("checkpoint", job => WriteAsync(job, "PRAGMA wal_checkpoint(TRUNCATE)", "the log is written back"));
        jobs.Register("optimize", job => WriteAsync(job, "ANALYZE; INSERT INTO chunk_text (chunk_text) VALUES ('optimize')", "statistics and full text are optimized"));
        jobs.Register("rebuild_fulltext", job => WriteAsync(job, "INSERT INTO chunk_text (chunk_text) VALUES ('rebuild')", "the full-text index is rebuilt from the rows"));
        jobs.Register("vacuum", job => WriteAsync(job, "VACUUM", "the database is rewritten without gaps"));
        jobs.Register("backup", BackupAsync);
        jobs.Register("integrity_check", CheckAsync);
    }

    private async Task WriteAsync(JobContext job, string sql, string done)
    {
        job.Stopping.ThrowIfCancellationRequested();
        job.Report(null, "waits for the writer");
        await byWriter(database =>
        {
            // Waited for its turn.
            job.Stopping.ThrowIfCancellationRequested();
            using var stop = job.Stopping.Register(() => SQLitePCL.raw.sqlite3_interrupt(database.Handle));
            try
            {
                database.Run(sql);
            }
            catch (SqliteException exception) when (exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_INTERRUPT && job.Stopping.IsCancellationRequested)
            {
                throw new OperationCanceledException(job.Stopping);
            }
        }).ConfigureAwait(false);
        job.Log(done);
    }

    private Task BackupAsync(JobContext job)
    {
        using var reading = Open();
        using var stop = job.Stopping.Register(() => SQLitePCL.raw.sqlite3_interrupt(reading.Handle));
        try
        {
            job.Log($"backed up as '{Backups.Make(reading, dataDirectory, DateTimeOffset.UtcNow)}'");
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_INTERRUPT && job.Stopping.IsCancellationRequested)
        {
            throw new OperationCanceledException(job.Stopping);
        }

        return Task.CompletedTask;
    }

    // Table by table, so that no read stays open for long and a stop is heeded.
    private async Task CheckAsync(JobContext job)
    {
        using var reading = Open();
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

    private SqliteConnection Open() => Schema.TryOpenForReading(dataDirectory) ?? throw new InvalidOperationException("there is no index yet");
}
