using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Storage;
using WorkerManagement.Posix;

namespace EndToEnd.Tests.Strikes;

/// <summary>
/// Nothing is lost: kill -9 of each worker, the guard, the keeper and the server at random moments of a full index, while somebody edits the tree
/// and others write through the queue. The suite strikes 8 times, each target at least once; by hand: <c>STRIKES=100 STRIKES_SEED=7 EndToEnd.Tests -class "*StrikeTests"</c>.
/// </summary>
public sealed class StrikeTests : ServerFixture
{
    private static readonly string[] Targets = ["worker sqlite_queue", "worker file_watcher", "worker vectorization", "worker repair", "guard", "keeper", "serve"];

    private readonly List<string> _story = [];
    private readonly long _began = Stopwatch.GetTimestamp();
    private Executable? _server;

    private static int Count => Given("STRIKES", 8);

    private static int Seed => Given("STRIKES_SEED", 1);

    [Fact]
    public async Task Whatever_is_killed_at_random_during_a_full_index_nothing_is_lost()
    {
        var tree = new RestlessTree(Tree, Seed);
        tree.Grow(400);
        Witness[] witnesses = [.. Enumerable.Range(0, 3).Select(number => new Witness(Data, $"client {number}"))];
        try
        {
            await StartAsync();
            using (var until = CancellationTokenSource.CreateLinkedTokenSource(Cancel))
            {
                var writing = Task.WhenAll(witnesses.Select(witness => Task.Run(() => witness.WriteAsync(until.Token))));
                await StrikeAsync(tree);
                await until.CancelAsync();
                await writing;
            }

            var jobs = await SettleAsync();
            (await _server!.SignalAsync(15)).ShouldBe(0);
            await NothingIsLeftAsync();
            ShouldBeWhole(Data);
            foreach (var witness in witnesses)
            {
                Tell($"{witness.Acknowledged} acknowledged");
                witness.Acknowledged.ShouldBeGreaterThan(0);
                witness.ShouldHaveEverything(jobs);
            }

            await ShouldEqualAFreshOneAsync();
            ShouldHaveNothingUnfinished();
        }
        catch (Exception) when (Log())
        {
            throw;
        }
        finally
        {
            await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        Log();
    }

    private async Task StrikeAsync(RestlessTree tree)
    {
        var random = new Random(Seed);
        string[] order = [];
        for (var strike = 0; strike < Count; strike++)
        {
            order = strike % Targets.Length == 0 ? [.. Targets.OrderBy(_ => random.Next())] : order;
            var target = order[strike % Targets.Length];
            // Two of three hit a server at work, the third one that is still recovering, if the target is there.
            if (random.Next(3) > 0 || Pid(target) is null)
            {
                (await RecoveredAsync()).Dispose();
            }

            tree.Change(60);
            using (var during = CancellationTokenSource.CreateLinkedTokenSource(Cancel))
            {
                // The moment is what is random here; nothing is waited for.
                during.CancelAfter(random.Next(600));
                await tree.ChangeAsync(during.Token);
            }

            if (Pid(target) is null)
            {
                // An earlier strike took it along meanwhile.
                (await RecoveredAsync()).Dispose();
            }

            var pid = Pid(target).ShouldNotBeNull(target);
            using (var pinned = PidFd.TryOpen(pid).ShouldNotBeNull())
            {
                Tell($"strike {strike}: {target}, process {pid}{(pinned.Send(9) ? "" : " has just ended")}");
                // A large process takes its time to die, and would pass for one that has recovered.
                (await Task.Run(() => Poll.IsReadable(pinned.Descriptor, 30_000), Cancel)).ShouldBeTrue();
            }

            if (target == "serve")
            {
                await _server!.Process.WaitForExitAsync(Cancel);
                await _server.DisposeAsync();
                await StartAsync();
            }
        }
    }

    // All four ready, they and the guard that would take them along alive by the kernel's word: the manager may not have seen the last strike yet.
    private async Task<HttpClient> RecoveredAsync()
    {
        var http = await ConnectAsync(_server!);
        await WholeStatusAsync(http, status =>
        {
            JsonElement[] workers = [.. status.GetProperty("workers").EnumerateArray()];
            var manager = status.GetProperty("manager");
            return AllReady(workers) && workers.Select(worker => worker.GetProperty("pid")).Append(manager.GetProperty("guard_pid")).Append(manager.GetProperty("keeper_pid")).All(IsAlive);
        });
        return http;
    }

    private static bool IsAlive(JsonElement pid)
    {
        using var pinned = pid.ValueKind == JsonValueKind.Number ? PidFd.TryOpen(pid.GetInt32()) : null;
        return pinned is { HasEnded: false };
    }

    // Somebody who starts a server again does not ask whether all of the one before is gone.
    private async Task StartAsync()
    {
        _server = Serve();
        var ended = _server.Process.WaitForExitAsync(Cancel);
        (await Task.WhenAny(_server.LineAsync("serving "), ended)).ShouldNotBe(ended, _server.All);
        Tell("started");
    }

    private async Task<IReadOnlyList<JobStatus>> SettleAsync()
    {
        using var http = await RecoveredAsync();
        using (var answer = await http.PostAsync(new Uri("/projects/scan?wait_seconds=90", UriKind.Relative), null, Cancel))
        {
            using var scan = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
            answer.IsSuccessStatusCode.ShouldBeTrue(scan.RootElement.ToString());
            scan.RootElement.GetProperty("done").GetBoolean().ShouldBeTrue(scan.RootElement.ToString());
        }

        await DatabaseAsync(reading => reading.Scalar("SELECT (SELECT count(*) FROM to_embed) + (SELECT count(*) FROM doubts)") is 0L);
        Tell("settled");
        await using var queue = await SqliteDriverProxy.ConnectAsync(Data, Cancel);
        foreach (var job in await queue.Jobs.ListJobsAsync(Cancel))
        {
            (await queue.Jobs.WaitForJobAsync(job.Id, Cancel).WaitAsync(TimeSpan.FromSeconds(60), Cancel)).State.ShouldNotBe(JobState.Running);
        }

        return await queue.Jobs.ListJobsAsync(Cancel);
    }

    private async Task ShouldEqualAFreshOneAsync()
    {
        var fresh = Directory.CreateTempSubdirectory("fresh-").FullName;
        try
        {
            var (code, output) = await Executable.RunAsync("code-analysis-server", "index", "--root", Tree, "--data", fresh);
            code.ShouldBe(0, output);
            var (struck, wanted) = (All(Data), All(fresh));
            wanted.Count.ShouldBeGreaterThan(400);
            struck.Except(wanted).Take(3).ShouldBeEmpty("in the struck index alone");
            wanted.Except(struck).Take(3).ShouldBeEmpty("in the fresh index alone");
            struck.ShouldBe(wanted);
        }
        finally
        {
            Directory.Delete(fresh, recursive: true);
        }
    }

    // What Rows tells, and the names in the code.
    private static List<string> All(string data)
    {
        using var reading = Schema.TryOpenForReading(data).ShouldNotBeNull();
        List<string> Of(string columns, string from) => reading.Rows($"SELECT concat_ws('|', {columns}) FROM {from} JOIN files f ON f.id = x.file_id ORDER BY 1", row => row.GetString(0));
        reading.Rows("SELECT count(*) FROM chunks GROUP BY file_id, start_line, end_line, text HAVING count(*) > 1", row => row.GetInt64(0)).ShouldBeEmpty("the same chunk twice");
        return
        [
            .. Rows(data),
            .. Of("f.path, x.analyzer, x.language", "analyses x"),
            .. Of("f.path, x.kind, x.qualified_name, x.signature, x.doc, x.start_line, x.end_line, x.complexity, (SELECT p.qualified_name FROM entities p WHERE p.id = x.parent_id)", "entities x"),
            .. Of("f.path, x.position, x.line, x.target", "imports x"),
            .. Of("f.path, x.qualified_name, b.position, b.name", "bases b JOIN entities x ON x.id = b.entity_id"),
            .. reading.Rows("SELECT path, stage, message FROM indexing_errors ORDER BY 1, 2", row => $"{row.GetString(0)}|{row.GetString(1)}|{row.GetString(2)}"),
        ];
    }

    private void ShouldHaveNothingUnfinished() => Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories)
        .Where(file => Path.GetExtension(file) is ".partial" or ".new" or ".tmp" or ".damaged" or ".sock" || file.EndsWith("-journal", StringComparison.Ordinal))
        .ShouldBeEmpty();

    private int? Pid(string target) => Found().Where(process => process.Line.Contains($" {target} ", StringComparison.Ordinal)).Select(process => (int?)process.Pid).FirstOrDefault();

    private static int Given(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private void Tell(string line) => _story.Add(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_began).TotalSeconds:0.000} {line}"));

    // Always false: as a filter it does not catch.
    private bool Log()
    {
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {Seed}\n{string.Join('\n', _story)}\n{_server?.All}");
        return false;
    }
}
