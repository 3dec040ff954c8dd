using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using CodeAnalysisServer.Repair;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Tests;

/// <summary>Each kind of damage, made by hand: found by the dry run, which changes nothing; mended; then nothing is found.</summary>
public abstract class RepairTests(DatabaseKind kind) : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tree-").FullName;

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        GC.SuppressFinalize(this);
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "INSERT INTO files (root, path, hash, size, modified) VALUES ($1, 'gone.txt', 'h', 3, 0)", "'gone.txt' is indexed, but is not in" },
        { "UPDATE files SET size = 99 WHERE path = 'f1.txt'", "but was indexed with 99" },
        { "UPDATE files SET modified = 1 WHERE path = 'f1.txt'", "written after it was indexed" },
        { "DELETE FROM chunks WHERE file_id = (SELECT id FROM files WHERE path = 'f1.txt')", "'f1.txt' in '*' has lost its chunks" },
        { "UPDATE chunks SET text = 'other' WHERE file_id = (SELECT id FROM files WHERE path = 'f1.txt')", "is not what was stored" },
        { "FREELY INSERT INTO chunks (id, file_id, start_line, end_line, text, words, hash) VALUES (900, 900, 1, 1, 'stray', '', 'h')", "1 chunks belong to no file" },
        { "INSERT INTO models (name, state) VALUES ('m', 'building'); DELETE FROM to_embed", "have no vector and wait for none" },
        { "INSERT INTO to_embed (hash) VALUES ('nobody')", "wait for a vector without a chunk" },
    };

    [Theory]
    [MemberData(nameof(Damages), MemberType = typeof(RepairTests))]
    public Task A_damage_is_found_by_the_dry_run_and_mended_and_not_found_again(string damage, string what) => FindAndMendAsync(damage, what);

    private protected async Task FindAndMendAsync(string damage, string what)
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind, prepare: Fill);
        await using var client = await queue.ConnectAsync();
        var repair = Make(queue, client);
        (await repair.PlanAsync(Cancel)).ShouldBeEmpty();
        queue.Damage(damage, damage.Contains("$1", StringComparison.Ordinal) ? [_root] : []);

        var plan = await repair.PlanAsync(Cancel);
        plan.ShouldContain(finding => what.Split('*').All(part => finding.What.Contains(part)), string.Join('\n', plan.Select(finding => finding.What)));
        (await repair.PlanAsync(Cancel)).Select(finding => finding.What).ShouldBe(plan.Select(finding => finding.What));
        var told = new List<string>();
        var report = await repair.RunAsync(told.Add, Cancel);
        report.NotMended.ShouldBeEmpty();
        told.Count.ShouldBe(report.Found.Count);
        // A file that disagrees is looked at by its owner; here nobody does, and it stays doubted.
        (await repair.PlanAsync(Cancel)).ShouldBeEmpty();
        (await repair.RunAsync(told.Add, Cancel)).Found.ShouldBeEmpty();
        if (kind == DatabaseKind.Sqlite)
        {
            using var reading = queue.Read();
            reading.Scalar("PRAGMA integrity_check").ShouldBe("ok");
        }
    }

    [Fact]
    public async Task An_absent_root_proves_nothing_and_a_file_of_spaces_has_no_chunk()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind, prepare: Fill);
        await using var client = await queue.ConnectAsync();
        await File.WriteAllTextAsync(Path.Combine(_root, "spaces.txt"), "  \n ", Cancel);
        await client.ExecuteAsync([new("INSERT INTO files (root, path, hash, size, modified) VALUES ('/absent/root', 'a', 'h', 3, 0), ($1, 'spaces.txt', 'h', 4, 0)", [_root])], Cancel);
        (await Make(queue, client).PlanAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stuck_job_is_found_and_stopped()
    {
        var entered = new TaskCompletionSource();
        await using var queue = await QueueFixture.StartAsync(kind: kind, prepare: Fill, teach: jobs => jobs.Register("silent", async job =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, job.Stopping);
        }));
        await using var client = await queue.ConnectAsync();
        await client.Jobs.AddJobAsync("s", "silent", cancellationToken: Cancel);
        await client.Jobs.StartJobAsync("s", Cancel);
        await entered.Task;
        (await Make(queue, client).PlanAsync(Cancel)).ShouldBeEmpty();
        var repair = new RepairWorkerManager(queue.Index, client, new() { StuckAfter = TimeSpan.Zero, Share = 1 });
        (await repair.PlanAsync(Cancel)).ShouldHaveSingleItem().What.ShouldContain("the job 's' (silent) runs and has said nothing");
        (await repair.RunAsync(_ => { }, Cancel)).Mended.ShouldBe(1);
        (await client.Jobs.GetJobStatusAsync("s", Cancel)).State.ShouldBe(JobState.Stopped);
    }

    [Fact]
    public async Task A_repair_is_a_job_too_dry_unless_told_otherwise()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind, prepare: Fill);
        await using var client = await queue.ConnectAsync();
        await client.ExecuteAsync([new("INSERT INTO models (name, state) VALUES ('m', 'building')", []), new("DELETE FROM to_embed", [])], Cancel);
        var job = new Dictionary<string, string>();
        await using var jobs = new AsyncQueueSystem(Path.Combine(queue.Data, "other.jsonl"), TimeSpan.FromSeconds(60));
        jobs.Register(RepairJob.Type, RepairJob.For(queue.Index));
        jobs.Start();
        jobs.AddJob("dry", RepairJob.Type);
        jobs.StartJob("dry");
        (await jobs.WaitForJobAsync("dry", Cancel)).Message.ShouldNotBeNull().ShouldContain("1 findings");
        jobs.GetJobLogs("dry").ShouldHaveSingleItem().Text.ShouldStartWith("would mend");
        jobs.AddJob("run", RepairJob.Type, new Dictionary<string, string> { ["dry_run"] = "false" });
        jobs.StartJob("run");
        (await jobs.WaitForJobAsync("run", Cancel)).Message.ShouldBe("mended 1 of 1");
    }

    private protected static RepairWorkerManager Make(QueueFixture queue, SqliteDriverProxy client) => new(queue.Index, client, new() { Share = 1 });

    private protected void Fill(DbConnection database)
    {
        for (var i = 0; i < 5; i++)
        {
            var (path, text) = ($"f{i}.txt", $"text of file {i}\n");
            File.WriteAllText(Path.Combine(_root, path), text);
            database.Run("INSERT INTO files (root, path, hash, size, modified) VALUES ($1, $2, $3, $4, 0)", _root, path, Hash(text), text.Length);
            database.Run("INSERT INTO chunks (file_id, start_line, end_line, text, words, hash) VALUES ((SELECT max(id) FROM files), 1, 1, $1, '', $2)", text.Trim(), Hash(text.Trim()));
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

public sealed class RepairTestsOnPostgres() : RepairTests(DatabaseKind.Postgres);
