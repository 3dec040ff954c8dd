using System.Net.Sockets;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Storage;

namespace EndToEnd.Tests.Strikes;

/// <summary>
/// A client of the queue that remembers what was acknowledged: pairs of rows in one transaction, and jobs that were started. Nobody else touches
/// the table that it writes to.
/// </summary>
internal sealed class Witness(string data, string name)
{
    private readonly List<int> _acknowledged = [];
    private readonly List<string> _jobs = [];

    /// <summary>How many writes were acknowledged.</summary>
    public int Acknowledged => _acknowledged.Count;

    /// <summary>Writes one pair after another until cancelled; connects again, as often as the queue dies.</summary>
    public async Task WriteAsync(CancellationToken until)
    {
        var socket = Path.Combine(data, "queue.sock");
        for (var number = 0; !until.IsCancellationRequested;)
        {
            try
            {
                await using var queue = await SqliteDriverProxy.ConnectAsync(data, until);
                for (; !until.IsCancellationRequested; number++)
                {
                    Statement Row(string twin) => new("INSERT INTO schema_history (version, from_version, at, how) VALUES ($1, -1, $2, $3)", [number, name, twin]);
                    await queue.ExecuteAsync([Row("one"), Row("two")], CancellationToken.None);
                    _acknowledged.Add(number);
                    if (number % 100 == 0)
                    {
                        await StartJobAsync(queue, number);
                    }

                    await queue.SubscribeAsync(CancellationToken.None);
                    await queue.CommittedAsync(until);
                }
            }
            catch (Exception exception) when (exception is IOException or SocketException or QueueRefusedException)
            {
                // It was killed, or is not there yet. Whether the last pair was written nobody knows; its number is not used again.
                number++;
                await Task.WhenAny(Task.Delay(50, until));
            }
            catch (OperationCanceledException)
            {
                // Done.
            }
        }
    }

    /// <summary>Each pair that was acknowledged is there once, and no half of any; each job that was started has ended, or is unknown by now.</summary>
    public void ShouldHaveEverything(IReadOnlyList<JobStatus> jobs)
    {
        using var reading = Schema.TryOpenForReading(data).ShouldNotBeNull();
        var rows = reading.Rows("SELECT version, count(*), count(DISTINCT how) FROM schema_history WHERE from_version = -1 AND at = $1 GROUP BY version", row => (row.GetInt32(0), row.GetInt64(1), row.GetInt64(2)), name);
        rows.Where(row => row is not (_, 2, 2)).ShouldBeEmpty("half of a transaction, or one twice");
        _acknowledged.Except(rows.Select(row => row.Item1)).ShouldBeEmpty("acknowledged, and not there");
        _jobs.Except(jobs.Where(job => job.HasEnded).Select(job => job.Id)).ShouldBeEmpty("jobs that were started, and are lost or never end");
    }

    private async Task StartJobAsync(SqliteDriverProxy queue, int number)
    {
        string[] types = ["optimize", "checkpoint", "integrity_check", "backup", "rebuild_fulltext", "vacuum"];
        var id = $"{name}-{number}";
        try
        {
            await queue.Jobs.AddJobAsync(id, types[number / 100 % types.Length], null, CancellationToken.None);
            await queue.Jobs.StartJobAsync(id, CancellationToken.None);
            _jobs.Add(id);
        }
        catch (QueueRefusedException)
        {
            // Too many run.
        }
    }
}
