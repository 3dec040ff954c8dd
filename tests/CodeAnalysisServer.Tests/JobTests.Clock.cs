namespace CodeAnalysisServer.Tests;

/// <summary>The clock of the wall is set, forward and back.</summary>
public sealed partial class JobTests
{
    [Fact]
    public async Task A_running_job_is_not_silent_for_longer_because_the_clock_was_set()
    {
        var clock = new Clock();
        await using var queue = Make(clock: clock);
        queue.AddJob("one", "waits");
        queue.StartJob("one");
        await _entered.Task.WaitAsync(Cancel);
        clock.Now += TimeSpan.FromDays(400);
        queue.GetJobStatus("one").SilentSeconds.ShouldNotBeNull().ShouldBeInRange(0, 3600);
        clock.Now -= TimeSpan.FromDays(800);
        queue.ListJobs().ShouldHaveSingleItem().SilentSeconds.ShouldNotBeNull().ShouldBeInRange(0, 3600);
        _go.SetResult();
        await EndedAsync(queue, "one");
        queue.GetJobStatus("one").SilentSeconds.ShouldBeNull();
        File.ReadAllText(Registry).ShouldNotContain("silent");
    }

    [Fact]
    public async Task A_job_that_ended_under_a_clock_set_back_since_does_not_stay_for_the_whole_jump()
    {
        var clock = new Clock();
        await using var queue = Make(clock: clock);
        queue.AddJob("bad", "throws");
        queue.StartJob("bad");
        await EndedAsync(queue, "bad");
        clock.Now -= TimeSpan.FromMinutes(59);
        queue.ListJobs().ShouldHaveSingleItem();
        clock.Now -= TimeSpan.FromMinutes(1);
        queue.ListJobs().ShouldBeEmpty();
    }
}
