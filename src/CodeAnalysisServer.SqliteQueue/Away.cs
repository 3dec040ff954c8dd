using CodeAnalysisServer.Storage;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>How a worker bears a database whose server goes away: it stays up, says what is wrong, and begins anew when the server is there again.</summary>
public static class Away
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(5), Whole = TimeSpan.FromMinutes(1);

    /// <summary>Runs the worker's work until it is to stop; again, with growing pauses, while the database is away. What else it throws passes.</summary>
    public static async Task EndureAsync(IndexDatabase database, WorkerNotifier notifier, Func<Task> work)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(notifier);
        ArgumentNullException.ThrowIfNull(work);
        var pause = FirstPause;
        try
        {
            while (true)
            {
                var began = TimeProvider.System.GetTimestamp();
                try
                {
                    await work().ConfigureAwait(false);
                    return;
                }
                catch (Exception exception) when (IsAway(database, exception))
                {
                    pause = TimeProvider.System.GetElapsedTime(began) > Whole ? FirstPause : pause;
                    var line = $"waits: {database.Told(exception)}; next try in {pause.TotalSeconds:0} s";
                    notifier.Status(line);
                    await Console.Error.WriteLineAsync(line).ConfigureAwait(false);
                    await notifier.AliveUntilAsync(Task.Delay(pause, notifier.Stopping)).ConfigureAwait(false);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }
            }
        }
        catch (OperationCanceledException) when (notifier.Stopping.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    // The queue refuses too while its own connection is away.
    private static bool IsAway(IndexDatabase database, Exception exception) => database.IsAway(exception) || (exception is QueueRefusedException && database is Storage.Postgres.PostgresDatabase);
}
