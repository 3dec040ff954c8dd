using WorkerManagement;

namespace Architecture.Tests;

/// <summary>The pure core is pure, and closed sets are closed.</summary>
public sealed class CoreTests
{
    private static readonly string Library = Path.Combine(AppContext.BaseDirectory, "WorkerManagement.dll");

    // Folders of the library that touch the world.
    private static readonly string[] Impure =
    [
        "WorkerManagement.Guarding.", "WorkerManagement.Health.", "WorkerManagement.Logs.", "WorkerManagement.Recovery.", "WorkerManagement.Registry.", "WorkerManagement.Posix.", "WorkerManagement.WorkerManager.",
        "System.IO.", "System.Net.", "System.Threading.", "System.Diagnostics.", "System.Console.", "System.Environment.", "System.Random.", "System.TimeProvider.", "System.Guid.NewGuid", "Microsoft.",
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
    ];

    private static bool IsCore(string type) =>
        type.StartsWith("WorkerManagement.Lifecycles.", StringComparison.Ordinal) || type.StartsWith("WorkerManagement.Supervision.", StringComparison.Ordinal)
        || type is "WorkerManagement.Stopping.Ladders" or "WorkerManagement.Stopping.StopReports";

    [Fact]
    public void The_pure_core_has_no_IO_no_clock_and_no_threads()
    {
        var used = Assembled.UsedMembers(Library, IsCore);
        used.Count.ShouldBeGreaterThan(50);
        used.Where(member => Impure.Any(member.StartsWith) && !member.StartsWith("System.Diagnostics.CodeAnalysis.", StringComparison.Ordinal) && !member.StartsWith("System.Diagnostics.UnreachableException.", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void That_test_sees_what_it_forbids()
    {
        var impure = Assembled.UsedMembers(Library, type => type is "WorkerManagement.WorkerManager" or "WorkerManagement.Recovery.StateDirectory");
        impure.ShouldContain(member => member.StartsWith("System.IO.", StringComparison.Ordinal));
        impure.ShouldContain(member => member.StartsWith("System.TimeProvider.", StringComparison.Ordinal));
        impure.ShouldContain(member => member.StartsWith("WorkerManagement.Posix.", StringComparison.Ordinal));
    }

    public static TheoryData<string> ClosedSets => [.. Records().Where(type => type.IsAbstract).Select(type => type.FullName!)];

    [Theory]
    [MemberData(nameof(ClosedSets))]
    public void A_closed_set_has_only_nested_sealed_cases(string name)
    {
        var set = Records().Single(type => type.FullName == name);
        var cases = Records().Where(set.IsAssignableFrom).Where(type => type != set).ToArray();
        cases.ShouldNotBeEmpty();
        cases.ShouldAllBe(type => type.IsSealed && type.DeclaringType == set);
        set.GetConstructors(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic)
            .ShouldAllBe(constructor => constructor.IsPrivate || constructor.GetParameters().Length == 1);
    }

    [Fact]
    public void The_closed_sets_are_those_that_are_known() => ClosedSets.Select(row => row.Data).ShouldBe(
        ["WorkerManagement.ExitStatus", "WorkerManagement.Guarding.GuardEvent", "WorkerManagement.Lifecycles.LifecycleEffect", "WorkerManagement.Lifecycles.LifecycleEvent", "WorkerManagement.ReadinessProbe"], ignoreOrder: true);

    private static IEnumerable<Type> Records() => ((System.Reflection.Assembly[])[typeof(WorkerManager).Assembly, typeof(ExitStatus).Assembly])
        .SelectMany(assembly => assembly.GetTypes()).Where(type => type.GetMethod("<Clone>$") is not null);
}
