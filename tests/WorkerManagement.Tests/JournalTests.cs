using System.Diagnostics;
using WorkerManagement.Journals;

namespace WorkerManagement.Tests;

/// <summary>What the manager did stands on disk, survives it, and never holds it up.</summary>
public sealed class JournalTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_state_and_incident_of_a_crash_is_there_in_order_and_any_moment_can_be_told()
    {
        await using var fixture = new ManagerFixture();
        var first = await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "exec sleep 1000"), Cancel);
        await fixture.Manager.SignalWorkerAsync("a", 9, Cancel);
        await fixture.UntilAsync("a", worker => worker.Incarnation > first.Incarnation && worker.Ready);
        await fixture.Manager.StopWorkerAsync("a", cancellationToken: Cancel);
        await fixture.Manager.RemoveWorkerAsync("a", Cancel);
        var records = await UntilAsync(fixture.Directory, record => record.Kind == "removed");
        records.Select(record => record.Sequence).ShouldBe(Enumerable.Range(1, records.Count).Select(i => (long)i));
        var states = records.Where(record => record.Kind == "state").Select(record => record.Status!.State).ToArray();
        Distinct(states).ShouldBe([WorkerState.Starting, WorkerState.Running, WorkerState.Stopping, WorkerState.BackingOff, WorkerState.Starting, WorkerState.Running, WorkerState.Stopping, WorkerState.Stopped]);
        records.ShouldContain(record => record.Kind == "incident" && record.Incident!.Kind == "restart" && record.Worker == "a");
        records.Single(record => record.Kind == "started").Pid.ShouldBe(Environment.ProcessId);

        var down = records.First(record => record.Status?.State is WorkerState.BackingOff);
        var past = (await new Journal(fixture.Directory).StatusAtAsync(down.At, Cancel)).Report.Workers.Single();
        (past.State, past.Exit!.Signal).ShouldBe((WorkerState.BackingOff, "SIGKILL"));
        (await new Journal(fixture.Directory).StatusAtAsync(records[^1].At, Cancel)).Report.Workers.ShouldBeEmpty();
        (await Should.ThrowAsync<WorkerManagementException>(() => new Journal(fixture.Directory).StatusAtAsync(records[0].At.AddHours(-1), Cancel))).Message.ShouldContain("does not reach back to");
    }

    [Fact]
    public async Task A_torn_last_line_is_told_and_skipped_and_the_next_manager_goes_on_after_it()
    {
        var directory = Directory.CreateTempSubdirectory("manager-").FullName;
        await using (var first = new WorkerManager(new() { StateDirectory = directory }))
        {
            await first.StartWorkerAsync(ManagerFixture.Shell("a", "exec sleep 1000"), Cancel);
        }

        var before = await ReadAsync(directory);
        before[^1].Kind.ShouldBe("stopped");
        await File.AppendAllTextAsync(Journal.PathIn(directory), "{\"seq\":99,\"at\":12", Cancel);
        var torn = await ReadAsync(directory);
        torn.Count.ShouldBe(before.Count + 1);
        torn[^1].Kind.ShouldBe("unreadable");
        torn[^1].Reason.ShouldNotBeNull().ShouldContain("is torn or damaged and was skipped: {\"seq\":99");
        (await new Journal(directory).StatusAtAsync(DateTimeOffset.MaxValue, Cancel)).Stopped.ShouldBeTrue();
        await using (var second = new ManagerFixture(directory: directory))
        {
            await second.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "exec sleep 1000"), Cancel);
            var after = await UntilAsync(directory, record => record is { Sequence: > 0, Status.State: WorkerState.Running } && record.Sequence > before[^1].Sequence);
            after[before.Count].Kind.ShouldBe("unreadable");
            (after[before.Count + 1].Kind, after[before.Count + 1].Sequence).ShouldBe(("started", before[^1].Sequence + 1));
        }
    }

    [Fact]
    public async Task A_full_disk_and_a_removed_directory_disturb_nothing_are_told_and_end_by_themselves()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "exec sleep 1000"), Cancel);
        await UntilAsync(fixture.Directory, record => record.Status?.State is WorkerState.Running);
        var path = Journal.PathIn(fixture.Directory);

        // The kernel's own full disk.
        File.Delete(path);
        File.CreateSymbolicLink(path, "/dev/full");
        (await fixture.Manager.RestartWorkerAsync("a", cancellationToken: Cancel)).Alive.ShouldBeTrue();
        var report = await fixture.UntilAsync(report => report.Incidents.Any(incident => incident.Kind == "journal_failure") && report.Manager.JournalLost > 0);
        report.Incidents.Single(incident => incident.Kind == "journal_failure").Reason.ShouldContain("free the disk");
        File.Delete(path);
        (await fixture.Manager.RestartWorkerAsync("a", cancellationToken: Cancel)).Alive.ShouldBeTrue();
        var records = await UntilAsync(fixture.Directory, record => record.Status?.State is WorkerState.Running);
        records[0].Kind.ShouldBe("lost");
        records[0].Lost.ShouldNotBeNull().ShouldBeGreaterThan(0);
        records[1].Kind.ShouldBe("snapshot");
        records[1].Workers!.Single().Name.ShouldBe("a");

        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        (await fixture.Manager.RestartWorkerAsync("a", cancellationToken: Cancel)).Alive.ShouldBeTrue();
        (await UntilAsync(fixture.Directory, record => record.Status?.State is WorkerState.Running))[0].Kind.ShouldBe("snapshot");
    }

    [Fact]
    public async Task It_is_bounded_and_each_file_tells_by_itself_what_there_was()
    {
        var directory = Directory.CreateTempSubdirectory("journal-").FullName;
        var begin = DateTimeOffset.UnixEpoch.AddYears(50);
        await using (var writer = new JournalWriter(directory, new(20_000, 3), failure => throw new UnreachableException(failure)))
        {
            for (var i = 0; i < 2000; i++)
            {
                var name = $"w{i % 10}";
                writer.Add(new() { Kind = "state", At = begin.AddSeconds(i), Worker = name, Status = new() { Name = name, Type = "t", Incarnation = i } });
            }
        }

        var files = Directory.GetFiles(Path.GetDirectoryName(Journal.PathIn(directory))!);
        files.Length.ShouldBe(3);
        files.Sum(file => new FileInfo(file).Length).ShouldBeLessThan(1_000_000);
        var records = await ReadAsync(directory);
        records[0].Kind.ShouldBe("snapshot");
        records.Where(record => record.Kind == "state").Select(record => record.Status!.Incarnation).ShouldBe(Enumerable.Range(2000 - records.Count(record => record.Kind == "state"), records.Count(record => record.Kind == "state")).Select(i => (long)i));
        var past = await new Journal(directory).StatusAtAsync(begin.AddSeconds(1990), Cancel);
        past.Report.Workers.Select(worker => worker.Incarnation).Order().ShouldBe(Enumerable.Range(1981, 10).Select(i => (long)i));
        Directory.Delete(directory, recursive: true);
    }

    private static IEnumerable<T> Distinct<T>(IEnumerable<T> values)
        where T : struct
    {
        T? last = null;
        foreach (var value in values.Where(value => !value.Equals(last)))
        {
            last = value;
            yield return value;
        }
    }

    private static async Task<List<JournalRecord>> ReadAsync(string directory)
    {
        var records = new List<JournalRecord>();
        await foreach (var record in new Journal(directory).ReadAsync(cancellationToken: Cancel))
        {
            records.Add(record);
        }

        return records;
    }

    private static async Task<List<JournalRecord>> UntilAsync(string directory, Func<JournalRecord, bool> holds)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        var records = new List<JournalRecord>();
        await foreach (var record in new Journal(directory).ReadAsync(follow: true, cancellationToken: bound.Token))
        {
            records.Add(record);
            if (holds(record))
            {
                return records;
            }
        }

        throw new UnreachableException();
    }
}
