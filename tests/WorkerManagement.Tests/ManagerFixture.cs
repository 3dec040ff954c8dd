namespace WorkerManagement.Tests;

/// <summary>A manager in a state directory of its own.</summary>
internal sealed class ManagerFixture : IAsyncDisposable
{
    public ManagerFixture(Containment? containment = null, string? directory = null)
    {
        Directory = directory ?? System.IO.Directory.CreateTempSubdirectory("manager-").FullName;
        Manager = new(new() { StateDirectory = Directory, Containment = containment });
    }

    public string Directory { get; }

    public WorkerManager Manager { get; }

    public static WorkerSpec Shell(string name, string script, string? type = null) => new()
    {
        Name = name,
        Type = type ?? name,
        Command = ["/bin/sh", "-c", script],
        Backoff = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(60)),
    };

    public WorkerStatus Status(string name) => Manager.GetWorkerStatus().Workers.Single(worker => worker.Name == name);

    /// <summary>Waits for a snapshot in which this holds.</summary>
    public async Task<WorkerStatusReport> UntilAsync(Func<WorkerStatusReport, bool> holds)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (var report in Manager.WatchAsync(bound.Token))
        {
            if (holds(report))
            {
                return report;
            }
        }

        throw new InvalidOperationException("the manager ended before");
    }

    public Task<WorkerStatusReport> UntilAsync(string name, Func<WorkerStatus, bool> holds) =>
        UntilAsync(report => report.Workers.FirstOrDefault(worker => worker.Name == name) is { } worker && holds(worker));

    public async ValueTask DisposeAsync()
    {
        await Manager.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
