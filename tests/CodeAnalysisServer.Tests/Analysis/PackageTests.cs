using System.Text.Json;
using CodeAnalysisServer.Analysis;
using WorkerManagement.Tests;

namespace CodeAnalysisServer.Tests.Analysis;

/// <summary>Projects that were restored are bound against their packages.</summary>
public sealed class PackageTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task In_this_repository_what_is_called_through_a_package_is_bound_also_from_a_project_to_another()
    {
        string[] projects = ["src", "tests/CodeAnalysisServer.Tests"];
        await using var tree = await IndexedTree.StartAsync(Checkout.Root);
        await tree.IndexAsync(projects.SelectMany(project => Directory.EnumerateFiles(Path.Combine(tree.Root, project), "*.cs*", SearchOption.AllDirectories)).Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".csproj", StringComparison.Ordinal))
            .Select(file => Path.GetRelativePath(tree.Root, file)).Concat(["Directory.Build.props", "src/Directory.Build.props", "tests/Directory.Build.props"]));
        // An extension of a class of the framework, often called on those of Microsoft.Data.Sqlite and Npgsql, and on what Shouldly's ShouldNotBeNull returns.
        var page = tree.Queries.FindUsages(tree.Entity("ConnectionExtensions.Scalar"), CodeQueries.MostUsages, cancellationToken: Cancel);
        page.Notes.ShouldBeEmpty();
        page.Usages.Where(usage => usage.Binding == Binding.Name).Select(usage => $"{usage.Path}:{usage.StartLine} {usage.Why}").ShouldBeEmpty();
        page.Usages.Count(usage => usage.Path.StartsWith("tests/", StringComparison.Ordinal)).ShouldBeGreaterThan(20);
        page.Usages.Count(usage => usage.Path.StartsWith("src/", StringComparison.Ordinal)).ShouldBeGreaterThan(20);
    }

    [Fact]
    public async Task Without_a_restore_it_is_by_name_and_the_answer_says_so_until_it_is_restored()
    {
        await using var tree = await IndexedTree.StartAsync();
        await WriteAsync(tree);
        var before = tree.Queries.FindUsages(tree.Entity("Quagga.Run"), cancellationToken: Cancel);
        before.Usages.ShouldHaveSingleItem().Binding.ShouldBe(Binding.Name);
        before.Notes.ShouldHaveSingleItem().ShouldContain("has not been restored");

        await RestoreAsync(tree, "shouldly.dll");
        var after = new CodeQueries(tree.Connection, new()).FindUsages(tree.Entity("Quagga.Run"), cancellationToken: Cancel);
        (after.Usages.ShouldHaveSingleItem().Binding, after.Notes.Count).ShouldBe((Binding.Semantic, 0));
    }

    [Fact]
    public async Task A_package_that_is_not_on_this_machine_is_named()
    {
        await using var tree = await IndexedTree.StartAsync();
        await WriteAsync(tree);
        await RestoreAsync(tree, "elsewhere.dll");
        var page = tree.Queries.FindUsages(tree.Entity("Quagga.Run"), cancellationToken: Cancel);
        page.Usages.ShouldHaveSingleItem().Binding.ShouldBe(Binding.Name);
        page.Notes.ShouldHaveSingleItem().ShouldContain("the package Shouldly/1.0.0 of");
        tree.Queries.GetHierarchy(tree.Entity("Quagga"), Cancel).Notes.ShouldBe(page.Notes);
    }

    [Fact]
    public async Task Assets_that_cannot_be_read_are_told()
    {
        await using var tree = await IndexedTree.StartAsync();
        await WriteAsync(tree);
        Directory.CreateDirectory(Path.Combine(tree.Root, "obj"));
        await File.WriteAllTextAsync(Path.Combine(tree.Root, "obj", "project.assets.json"), "{", Cancel);
        var page = tree.Queries.FindUsages(tree.Entity("Quagga.Run"), cancellationToken: Cancel);
        page.Usages.ShouldHaveSingleItem().Binding.ShouldBe(Binding.Name);
        page.Notes.ShouldHaveSingleItem().ShouldContain("cannot be read");
    }

    private static async Task WriteAsync(IndexedTree tree)
    {
        await tree.WriteAsync("p.csproj", """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFrameworks>net8.0;net10.0</TargetFrameworks></PropertyGroup><ItemGroup><PackageReference Include="Shouldly" /></ItemGroup></Project>""");
        await tree.WriteAsync("a.cs", "using Shouldly;\nclass Quagga { public void Run() { } }\nclass Okapi { void M(Quagga? quagga) { quagga.ShouldNotBeNull().Run(); } }\n");
    }

    // As a restore for two frameworks leaves it: only the newer one has the package.
    private static async Task RestoreAsync(IndexedTree tree, string stored)
    {
        var folder = Path.Combine(tree.Root, "obj", "packages");
        Directory.CreateDirectory(Path.Combine(folder, "shouldly", "1.0.0"));
        File.Copy(typeof(Should).Assembly.Location, Path.Combine(folder, "shouldly", "1.0.0", stored));
        var assets = new Dictionary<string, object>
        {
            ["targets"] = new Dictionary<string, object>
            {
                ["net8.0"] = new Dictionary<string, object>(),
                ["net10.0"] = new Dictionary<string, object> { ["Shouldly/1.0.0"] = new { type = "package", compile = new Dictionary<string, object> { ["shouldly.dll"] = new { } } }, ["Other/1.0.0"] = new { type = "project" } },
                ["net10.0/linux-x64"] = new Dictionary<string, object>(),
                [".NETStandard,Version=v2.0"] = new Dictionary<string, object>(),
            },
            ["libraries"] = new Dictionary<string, object> { ["Shouldly/1.0.0"] = new { path = "shouldly/1.0.0" } },
            ["packageFolders"] = new Dictionary<string, object> { [folder] = new { } },
        };
        await File.WriteAllTextAsync(Path.Combine(tree.Root, "obj", "project.assets.json"), JsonSerializer.Serialize(assets), Cancel);
    }
}
