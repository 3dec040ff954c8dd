using System.Text.Json;

namespace EndToEnd.Tests;

/// <summary>What was: <c>events</c>, <c>status --at</c> and <c>why</c>, with a manager and after it was killed.</summary>
public sealed class JournalCommandTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("state-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_journal_tells_while_the_manager_runs_and_after_it_was_killed()
    {
        await File.WriteAllTextAsync(Path.Combine(_state, "workers.yaml"), """
            workers:
              calm: { command: [sleep, "1000"] }
              broken: { command: [sh, -c, "echo 'no disk'; exit 3"], backoff: { initial: 10ms }, intensity: { restarts: 1, within: 60s } }
            """, Cancel);
        (await WorkersAsync("events")).Output.ShouldContain("there is no journal in");
        (await WorkersAsync("why", "calm")).Code.ShouldBe(3);
        await using var run = Executable.Start("workers", "run", "-f", Path.Combine(_state, "workers.yaml"), "--state-dir", _state);
        await using var following = Executable.Start("workers", "events", "-f", "--worker", "broken", "--state-dir", _state);
        await following.LineAsync("broken  GaveUp: ended with exit code 3; gave up");
        await following.LineAsync("broken  ! gave_up: ");
        (await following.SignalAsync(2)).ShouldBe(128 + 2);

        var (code, told) = await WorkersAsync("events", "--since", "10m");
        code.ShouldBe(0, told);
        told.ShouldMatch(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}  the manager started \(process \d+\)\n");
        told.Split('\n').Count(line => line.EndsWith("  calm  Starting: asked to start", StringComparison.Ordinal)).ShouldBe(1);
        told.ShouldMatch(@"  calm  Running: started \(run \d+, pid \d+\)\n");
        var lines = (await WorkersAsync("events", "-o", "json", "--worker", "broken")).Output.Split('\n').Select(line => JsonElement.Parse(line)).ToArray();
        lines.ShouldAllBe(record => record.GetProperty("worker").GetString() == "broken");
        lines.Last(record => record.GetProperty("kind").GetString() == "state").GetProperty("status").GetProperty("exit").GetProperty("code").GetInt32().ShouldBe(3);
        (await WorkersAsync("events", "--since", "soon")).ShouldBe((2, "workers: --since 'soon': give a duration such as 10m (ago), a time such as 14:30 or 2026-11-26T14:30:05Z, or Unix seconds"));

        // From before this manager: what the journal does not reach.
        (await WorkersAsync("status", "--at", "2020-01-01T00:00:00Z")).Code.ShouldBe(1);
        (await WorkersAsync("status", "--at", "1m")).Code.ShouldBeOneOf(0, 1);
        (code, told) = await WorkersAsync("status", "--at", "0s");
        code.ShouldBe(0, told);
        told.ShouldMatch(@"calm +calm +Running +yes");
        told.ShouldMatch(@"broken +broken +GaveUp +no");

        (code, told) = await WorkersAsync("capsules");
        code.ShouldBe(0, told);
        told.ShouldMatch(@"^ID +WORKER +ENDED +HOW +THEN +WHY\nbroken\.\d+ +broken +\S+ \S+ +exit code 3 +GaveUp +ended with exit code 3\nbroken\.\d+ +broken +\S+ \S+ +exit code 3 +BackingOff ");
        (await WorkersAsync("capsules", "broken")).Output.ShouldContain("    no disk");
        var id = JsonElement.Parse((await WorkersAsync("capsules", "-o", "json")).Output).GetProperty("capsules")[1].GetProperty("id").GetString()!;
        JsonElement.Parse((await WorkersAsync("capsules", id, "-o", "json")).Output).GetProperty("output")[0].GetString().ShouldBe("no disk");
        (await WorkersAsync("why", "broken")).Output.ShouldContain("'workers capsules broken.");
        (await WorkersAsync("capsules", "calm")).Code.ShouldBe(1);

        run.Process.Kill();
        await run.Process.WaitForExitAsync(Cancel);
        (code, told) = await WorkersAsync("why", "broken");
        code.ShouldBe(0, told);
        told.ShouldContain($"the last one (process {run.Process.Id}) ended without a word");
        told.ShouldContain("broken was GaveUp since ");
        told.ShouldContain("gave_up: ");
        told.ShouldContain("    no disk");
        (code, told) = await WorkersAsync("status", "--at", "0s", "-o", "json");
        code.ShouldBe(0, told);
        told.ShouldContain("\"total_workers\":2");
        (await WorkersAsync("events")).Code.ShouldBe(0);
        (await WorkersAsync("reap")).Code.ShouldBe(0);
        (await WorkersAsync("why", "calm")).Output.ShouldContain("no manager runs in");
    }

    public void Dispose() => Directory.Delete(_state, recursive: true);

    private Task<(int Code, string Output)> WorkersAsync(params string[] arguments) => Executable.RunAsync("workers", [.. arguments, "--state-dir", _state]);
}
