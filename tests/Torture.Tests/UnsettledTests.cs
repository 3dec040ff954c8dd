using System.Runtime.InteropServices;
using WorkerManagement;

namespace Torture.Tests;

/// <summary>
/// A worker that is not gone after SIGKILL. Such a one can be made at will: a traced process that was killed stays a zombie, and its parent
/// is not told, until its tracer lets go.
/// </summary>
public sealed partial class UnsettledTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("torture-").FullName;

    [Fact]
    public async Task What_outlives_SIGKILL_is_said_to_be_not_settled_and_stays_listed_until_it_is()
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(TimeSpan.FromSeconds(60));
        await using var manager = new WorkerManager(new() { StateDirectory = Path.Combine(_root, "state"), Containment = Containment.Tag });
        var started = await manager.StartWorkerAsync(new WorkerSpec { Name = "traced", Command = ["sleep", "1000"], Restart = RestartPolicy.Temporary }, bound.Token);
        using var letGo = new ManualResetEventSlim();
        var seized = new TaskCompletionSource<bool>();
        var tracer = new Thread(() =>
        {
            seized.SetResult(ptrace(0x4206, started.Pid!.Value, 0, 0) == 0);
            letGo.Wait();
        });
        tracer.Start();
        try
        {
            Assert.SkipUnless(await seized.Task, "this machine does not let a process trace its descendants (ptrace_scope)");
            var report = await manager.StopWorkerTypeAsync("traced", TimeSpan.FromMilliseconds(200), bound.Token);
            report.Success.ShouldBeFalse(report.Message);
            report.Workers.Single().Outcome.ShouldBe("not settled");
            report.Workers.Single().Unsettled.ShouldBe([started.Pid!.Value]);
            report.Errors.Single().ShouldContain($"still alive after SIGKILL: {started.Pid} (sleep, state ");
            manager.GetWorkerStatus().Workers.Single().State.ShouldBe(WorkerState.Stopping);

            // The guard does its work for others meanwhile.
            await manager.StartWorkerAsync(new WorkerSpec { Name = "calm", Command = ["sleep", "1000"] }, bound.Token);
            (await manager.StopWorkerAsync("calm", TimeSpan.FromSeconds(10), bound.Token)).Outcome.ShouldBe("cooperative");
        }
        finally
        {
            letGo.Set();
            tracer.Join();
        }

        await foreach (var snapshot in manager.WatchAsync(bound.Token))
        {
            if (snapshot.Workers.Single(worker => worker.Name == "traced").State == WorkerState.Stopped)
            {
                break;
            }
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [LibraryImport("libc")]
    private static partial nint ptrace(nint request, nint pid, nint address, nint data);
}
