using WorkerManagement.Supervision;

namespace WorkerManagement.Tests;

/// <summary>The pure difference of two sets of specs.</summary>
public sealed class SpecDifferenceTests
{
    private static readonly WorkerSpec Plain = new() { Name = "a", Command = ["/bin/true", "x"] };

    // Each key of the configuration, and a spec that differs in it alone.
    private static readonly Dictionary<string, WorkerSpec> Different = new()
    {
        ["type"] = Plain with { Type = "t" },
        ["command"] = Plain with { Command = ["/bin/true", "y"] },
        ["directory"] = Plain with { Directory = "/" },
        ["environment"] = Plain with { Environment = new Dictionary<string, string> { ["A"] = "1" } },
        ["restart"] = Plain with { Restart = RestartPolicy.Temporary },
        ["intensity"] = Plain with { Intensity = new(1, TimeSpan.FromSeconds(1)) },
        ["backoff"] = Plain with { Backoff = Backoff.None },
        ["stop"] = Plain with { Stop = [new(2, TimeSpan.FromSeconds(1))] },
        ["ready"] = Plain with { Ready = new ReadinessProbe.Command(["/bin/true"]) },
        ["watchdog"] = Plain with { Watchdog = TimeSpan.FromSeconds(1) },
        ["depends_on"] = Plain with { DependsOn = new Dictionary<string, DependencyCondition> { ["b"] = DependencyCondition.Ready } },
        ["logs"] = Plain with { Logs = new(1, 1) },
        ["metadata"] = Plain with { Metadata = new Dictionary<string, string> { ["A"] = "1" } },
    };

    [Fact]
    public void Every_property_of_a_spec_is_compared()
    {
        // The name is what they are matched by.
        typeof(WorkerSpec).GetProperties().Count(property => property.Name != nameof(WorkerSpec.Name)).ShouldBe(Different.Count);
        foreach (var (key, other) in Different)
        {
            SpecDifference.Changed(Plain, other).ShouldBe([key]);
            SpecDifference.Changed(other, other with { Command = [.. other.Command], Environment = new Dictionary<string, string>(other.Environment) }).ShouldBeEmpty();
        }
    }

    [Fact]
    public void A_command_that_tells_readiness_is_compared_by_its_words()
    {
        var one = Plain with { Ready = new ReadinessProbe.Command(["/bin/true"]) };
        SpecDifference.Changed(one, Plain with { Ready = new ReadinessProbe.Command(["/bin/true"]) }).ShouldBeEmpty();
        SpecDifference.Changed(one, Plain with { Ready = new ReadinessProbe.Command(["/bin/false"]) }).ShouldBe(["ready"]);
        SpecDifference.Changed(one, Plain with { Ready = new ReadinessProbe.Command(["/bin/true"]) { Timeout = TimeSpan.FromSeconds(1) } }).ShouldBe(["ready"]);
    }

    [Theory]
    [InlineData("restart", ApplyAction.Update)]
    [InlineData("depends_on", ApplyAction.Update)]
    [InlineData("metadata", ApplyAction.Update)]
    [InlineData("stop", ApplyAction.Replace)]
    [InlineData("environment", ApplyAction.Replace)]
    [InlineData("logs", ApplyAction.Replace)]
    public void A_process_is_replaced_only_for_what_it_was_started_with(string key, ApplyAction action) =>
        SpecDifference.Plan(Set(Plain), Set(Different[key])).Steps.ShouldHaveSingleItem().Action.ShouldBe(action);

    [Fact]
    public void What_is_needed_comes_first_and_what_goes_goes_last_with_its_dependents_before_it()
    {
        WorkerSpec[] now = [Spec("gone"), Spec("gone-user", "gone"), Spec("db", version: 1), Spec("app", "db", 1), Spec("same")];
        WorkerSpec[] next = [Spec("app", "db", 2), Spec("db", version: 2), Spec("new-user", "new"), Spec("new"), Spec("same")];
        var plan = SpecDifference.Plan(Set(now), Set(next));
        plan.Steps.Select(step => (step.Action, step.Name)).ShouldBe(
        [
            (ApplyAction.Add, "new"), (ApplyAction.Add, "new-user"), (ApplyAction.Replace, "db"), (ApplyAction.Replace, "app"), (ApplyAction.Remove, "gone-user"), (ApplyAction.Remove, "gone"),
        ]);
        plan.Unchanged.ShouldBe(1);

        // One second for the new; 10 s to stop and 1 s to come up for each that is replaced; 10 s for those that go.
        plan.WorstCase.ShouldBe(TimeSpan.FromSeconds(1 + 11 + 11 + 10));
        plan.Steps.ShouldAllBe(step => step.Outcome == ApplyOutcome.NotBegun);
    }

    [Fact]
    public void Nothing_differs_from_itself() => SpecDifference.Plan(Set([.. Different.Select(pair => pair.Value with { Name = pair.Key })]), Set([.. Different.Select(pair => pair.Value with { Name = pair.Key })])).Steps.ShouldBeEmpty();

    [Fact]
    public void Replicas_are_made_like_those_that_are_there_and_go_from_the_last_on()
    {
        WorkerSpec[] now = [Spec("db"), Spec("web-1") with { Type = "web" }, Spec("web-2") with { Type = "web" }];
        Replicas.Scaled(now, "web", 3, null).Select(spec => spec.Name).ShouldBe(["db", "web-1", "web-2", "web-3"]);
        Replicas.Scaled(now, "web", 1, null).Select(spec => spec.Name).ShouldBe(["db", "web-1"]);
        Replicas.Scaled(now, "web", 0, null).Select(spec => spec.Name).ShouldBe(["db"]);
        Replicas.Scaled([now[0]], "web", 1, now[1])[1].ShouldBe(now[1]);
        Should.Throw<WorkerNotFoundException>(() => Replicas.Scaled(now, "wbe", 1, null)).Message.ShouldContain("did you mean 'web'?");
        Should.Throw<WorkerManagementException>(() => Replicas.Scaled(now, "db", 2, null)).Message.ShouldContain("give the worker 'replicas: 2'");
        Should.Throw<WorkerManagementException>(() => Replicas.Scaled(now, "web", 10_001, null));
    }

    private static WorkerSpec Spec(string name, string? needs = null, int version = 0) => new()
    {
        Name = name,
        Command = ["/bin/true", $"{version}"],
        DependsOn = needs is null ? new Dictionary<string, DependencyCondition>() : new() { [needs] = DependencyCondition.Started },
    };

    private static Dictionary<string, WorkerSpec> Set(params WorkerSpec[] specs) => specs.ToDictionary(spec => spec.Name);
}
