namespace Samples.Worker;

/// <summary>Stands for what hands out the work: a table, a broker, a directory.</summary>
internal sealed class JobQueue
{
    private int _next;

    /// <summary>How many jobs are done.</summary>
    public int Done { get; private set; }

    /// <summary>The next job; null when the worker is to stop.</summary>
    public async Task<string?> NextAsync(CancellationToken stopping)
    {
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), stopping);
            return $"job {++_next}";
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Does a job to its end.</summary>
    public async Task WorkAsync(string job)
    {
        Console.WriteLine($"{job} begins");
        await Task.Delay(TimeSpan.FromMilliseconds(50));
        Console.WriteLine($"{job} is done");
        Done++;
    }
}
