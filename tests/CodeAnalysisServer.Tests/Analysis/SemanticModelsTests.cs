using CodeAnalysisServer.Analysis;

namespace CodeAnalysisServer.Tests.Analysis;

public sealed class SemanticModelsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_question_has_compiled_is_kept_for_the_next_and_let_go_at_rest()
    {
        await using var tree = await IndexedTree.StartAsync();
        await tree.WriteAsync("a.cs", "class Heron { public void Fly() { } }\n");
        await tree.WriteAsync("b.cs", "class Pond { void Morning(Heron heron) => heron.Fly(); }\n");
        var (length, gone, time) = (90L, 0, new Time());
        using var models = new SemanticModels(length / 2, () => gone++, time);
        string[] Ask() => [.. new CodeQueries(tree.Connection, models).FindUsages(tree.Entity("Heron.Fly"), cancellationToken: Cancel).Usages.Select(usage => $"{usage.Path}:{usage.StartLine} {usage.Binding}")];

        Ask().ShouldBe(["b.cs:1 Semantic"]);
        var kept = models.Characters;
        kept.ShouldBeGreaterThan(length / 2);
        Ask().ShouldBe(["b.cs:1 Semantic"]);
        models.Characters.ShouldBe(kept);
        gone.ShouldBe(0);
        time.Due.ShouldBe(SemanticModels.Rest);

        time.Pass();
        (models.Characters, gone).ShouldBe((0, 1));
        Ask().ShouldBe(["b.cs:1 Semantic"]);
        models.Characters.ShouldBe(kept);
    }

    [Fact]
    public async Task What_is_too_large_even_for_a_busy_time_is_answered_and_not_kept()
    {
        await using var tree = await IndexedTree.StartAsync();
        await tree.WriteAsync("a.cs", "class Heron { public void Fly() { } void Rest() => Fly(); }\n");
        using var models = new SemanticModels(1);
        new CodeQueries(tree.Connection, models).FindUsages(tree.Entity("Heron.Fly"), cancellationToken: Cancel).Usages.ShouldHaveSingleItem();
        models.Characters.ShouldBe(0);
    }

    // One timer, which goes off when the test says so.
    private sealed class Time : TimeProvider, ITimer
    {
        private Action _callback = () => { };

        public TimeSpan Due { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _callback = () => callback(state);
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime;
            return true;
        }

        public void Pass() => _callback();

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
