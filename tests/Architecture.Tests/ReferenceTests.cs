namespace Architecture.Tests;

/// <summary>References point one way (DESIGN section 7).</summary>
public sealed class ReferenceTests
{
    // Each project, and all that it may reference directly.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["WorkerManagement.Protocol"] = [],
        ["WorkerManagement.Posix"] = ["WorkerManagement.Protocol"],
        ["WorkerManagement.Guard"] = ["WorkerManagement.Posix"],
        ["WorkerManagement"] = ["WorkerManagement.Posix"],
        ["WorkerManagement.Worker"] = [],
        ["WorkerManagement.Hosting"] = ["WorkerManagement"],
        ["WorkerManagement.Api"] = ["WorkerManagement.Hosting"],
        ["WorkerManagement.Cli"] = ["WorkerManagement.Api"],
        ["CodeAnalysisServer.Storage"] = [],
        ["CodeAnalysisServer.SqliteQueue"] = ["CodeAnalysisServer.Storage", "WorkerManagement.Worker", "WorkerManagement.Posix"],
        ["CodeAnalysisServer.Analysis"] = ["CodeAnalysisServer.Storage"],
        ["CodeAnalysisServer.FileWatcher"] = ["CodeAnalysisServer.Analysis", "CodeAnalysisServer.SqliteQueue", "WorkerManagement.Worker", "WorkerManagement.Posix"],
        ["CodeAnalysisServer.Vectorization"] = ["CodeAnalysisServer.SqliteQueue", "WorkerManagement.Worker"],
        ["CodeAnalysisServer.Repair"] = ["CodeAnalysisServer.SqliteQueue", "WorkerManagement.Worker"],
        ["CodeAnalysisServer"] = ["CodeAnalysisServer.Analysis", "CodeAnalysisServer.FileWatcher", "CodeAnalysisServer.Vectorization", "CodeAnalysisServer.Repair", "CodeAnalysisServer.SqliteQueue", "CodeAnalysisServer.Storage", "WorkerManagement.Api"],
    };

    public static TheoryData<string> Projects => [.. Repository.Projects.Keys.Order()];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_its_layer_may(string project)
    {
        Allowed.ShouldContainKey(project, "a new project needs its place in the layers");
        Repository.Projects[project].Except(Allowed[project]).ShouldBeEmpty();
    }

    [Fact]
    public void The_workers_of_the_server_know_nothing_of_the_manager()
    {
        foreach (var worker in (string[])["CodeAnalysisServer.SqliteQueue", "CodeAnalysisServer.FileWatcher", "CodeAnalysisServer.Vectorization", "CodeAnalysisServer.Repair"])
        {
            var all = Closure(worker);
            all.ShouldContain("WorkerManagement.Worker");
            all.ShouldNotContain("WorkerManagement");
        }
    }

    [Fact]
    public void The_chain_of_the_design_stands()
    {
        Closure("WorkerManagement.Guard").ShouldBe(["WorkerManagement.Posix", "WorkerManagement.Protocol"], ignoreOrder: true);
        Closure("WorkerManagement.Api").ShouldBe(["WorkerManagement.Hosting", "WorkerManagement", "WorkerManagement.Posix", "WorkerManagement.Protocol"], ignoreOrder: true);
    }

    [Fact]
    public void The_guard_uses_neither_Process_nor_Console()
    {
        Assembled.ReferencedTypes(Repository.Guard).ShouldNotBeEmpty();
        foreach (var file in (string[])[Repository.Guard, Beside("WorkerManagement.Posix"), Beside("WorkerManagement.Protocol")])
        {
            Assembled.ReferencedTypes(file).ShouldNotContain(type => type == "System.Diagnostics.Process" || type == "System.Diagnostics.ProcessStartInfo" || type == "System.Console"
                || type == "System.Runtime.InteropServices.PosixSignalRegistration", file);
        }
    }

    private static string Beside(string assembly) => Path.Combine(Path.GetDirectoryName(Repository.Guard)!, assembly + ".dll");

    private static HashSet<string> Closure(string project)
    {
        var all = new HashSet<string>();
        var rest = new Stack<string>(Repository.Projects[project]);
        while (rest.TryPop(out var next))
        {
            if (all.Add(next))
            {
                foreach (var further in Repository.Projects[next])
                {
                    rest.Push(further);
                }
            }
        }

        return all;
    }
}
