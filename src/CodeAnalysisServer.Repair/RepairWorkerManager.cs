using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using CodeAnalysisServer.Repair.Checks;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Repair;

/// <summary>
/// Finds disagreement between disk, rows, full text, vectors, jobs and pages, and mends it. Finding only reads, in slices with rests
/// between them; mending is a small transaction a finding, through the queue like everybody's. A second run finds what the first left.
/// Not thread-safe: one run at a time.
/// </summary>
public sealed class RepairWorkerManager(IndexDatabase database, SqliteDriverProxy queue, RepairOptions? options = null)
{
    private static int _number;

    private readonly RepairOptions _options = options ?? new();

    /// <summary>Called after each slice and each mending: a sign of life, and how long the rest is.</summary>
    public Func<TimeSpan, CancellationToken, Task>? Resting { get; init; }

    /// <summary>The job that this run is, if it is one: not stuck.</summary>
    public string? OwnJob { get; init; }

    /// <summary>A dry run: everything that is found now. Changes nothing.</summary>
    /// <exception cref="IOException">The index does not exist yet, or the queue has gone.</exception>
    public async Task<IReadOnlyList<Finding>> PlanAsync(CancellationToken cancellationToken)
    {
        var found = new List<Finding>();
        await foreach (var slice in SlicesAsync(cancellationToken).ConfigureAwait(false))
        {
            found.AddRange(slice);
        }

        return found;
    }

    /// <summary>Finds and mends, finding by finding. What cannot be mended now is reported, and found again by the next run.</summary>
    /// <exception cref="IOException">The index does not exist yet, or the queue has gone.</exception>
    public async Task<RepairReport> RunAsync(Action<string> told, CancellationToken cancellationToken)
    {
        var found = new List<Finding>();
        var notMended = new List<string>();
        await foreach (var slice in SlicesAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var finding in slice)
            {
                told(finding.What);
                found.Add(finding);
                try
                {
                    await MendAsync(finding, cancellationToken).ConfigureAwait(false);
                }
                catch (QueueRefusedException refused)
                {
                    told($"not mended now: {refused.Message}");
                    notMended.Add($"{finding.What}: {refused.Message}");
                }
            }
        }

        return new(found, found.Count - notMended.Count, notMended);
    }

    private async IAsyncEnumerable<IReadOnlyList<Finding>> SlicesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reading = database.TryOpenForReading() ?? throw new IOException($"there is no index in '{database.Place}' yet");
        var jobs = JobChecks.Find(await queue.Jobs.ListJobsAsync(cancellationToken).ConfigureAwait(false), _options.StuckAfter, OwnJob);
        yield return [.. jobs];
        var since = Stopwatch.GetTimestamp();
        foreach (var slice in Find(reading, _options.Pages))
        {
            var worked = Stopwatch.GetElapsedTime(since);
            yield return slice;
            var rest = worked * (1 / Math.Clamp(_options.Share, 0.01, 1) - 1);
            await (Resting?.Invoke(rest, cancellationToken) ?? Task.Delay(rest, _options.Time, cancellationToken)).ConfigureAwait(false);
            since = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>What disagrees in an index, slice by slice; jobs are not in it.</summary>
    public static IEnumerable<IReadOnlyList<Finding>> Find(DbConnection reading, bool pages)
    {
        IEnumerable<IEnumerable<IReadOnlyList<Finding>>> all =
        [
            pages ? PageChecks.Find(reading) : [],
            FileChecks.Find(reading),
            ChunkChecks.Find(reading),
            VectorChecks.Find(reading).Select(Alone),
            FullTextChecks.Find(reading).Select(Alone),
        ];
        return all.SelectMany(slices => slices);
    }

    private static IReadOnlyList<Finding> Alone(Finding finding) => [finding];

    private async Task MendAsync(Finding finding, CancellationToken cancellationToken)
    {
        if (finding.Mend.Count > 0)
        {
            await queue.ExecuteAsync(finding.Mend, cancellationToken).ConfigureAwait(false);
        }

        if (finding.StopJob is { } stuck)
        {
            var stop = await queue.Jobs.StopJobAsync(stuck, cancellationToken).ConfigureAwait(false);
            if (stop.Status.State == JobState.Running)
            {
                throw new QueueRefusedException(stop.Message);
            }
        }

        if (finding.Job is { } job)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"repair-{job.Type}-{_options.Time.GetUtcNow():yyyyMMddHHmmss}-{Interlocked.Increment(ref _number)}");
            await queue.Jobs.AddJobAsync(id, job.Type, job.Parameters, cancellationToken).ConfigureAwait(false);
            await queue.Jobs.StartJobAsync(id, cancellationToken).ConfigureAwait(false);
        }
    }
}
