using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Tests.Analysis;

/// <summary>Questions whose answers the compiler knows.</summary>
public abstract class UsageTests(DatabaseKind kind)
{
    [Fact]
    public async Task What_binds_to_something_else_is_left_out_and_what_binds_to_nothing_is_told_as_such()
    {
        await using var tree = await IndexedTree.StartAsync(kind: kind);
        await tree.WriteAsync("a.cs", "class A { public void Run() { } public int P { get; set; } public A() { } public A(int x) : this() { } }\nclass B { public void Run() { } }\n");
        await tree.WriteAsync("u.cs", """
            using static System.Console;
            class U
            {
                // Run in a comment, and "Run" in a string, are no uses.
                void M(A a, B b, Missing m) { a.Run(); b.Run(); m.Run(); var s = "Run"; System.Action f = a.Run; _ = nameof(A.Run); }
                A Make() => new(1) { P = 2 };
                /// <summary><see cref="A.Run"/></summary>
                int Run;
            }
            """);
        var usages = tree.Queries.FindUsages(tree.Entity("A.Run"), cancellationToken: TestContext.Current.CancellationToken).Usages;
        usages.Select(usage => (usage.StartLine, usage.Column, usage.Binding)).ShouldBe([(5, 37, Binding.Semantic), (5, 55, Binding.Name), (5, 97, Binding.Semantic), (5, 115, Binding.Semantic), (7, 31, Binding.Semantic)]);
        usages[0].Within.ShouldNotBeNull().QualifiedName.ShouldBe("U.M");
        usages[0].Snippet.ShouldStartWith("void M(");
        usages[1].Why.ShouldContain("no declaration");
        tree.Queries.FindUsages(tree.Entity("A.P"), cancellationToken: TestContext.Current.CancellationToken).Usages.ShouldHaveSingleItem().StartLine.ShouldBe(6);
        var constructors = tree.Queries.FindEntities("A", "constructor").Select(hit => tree.Queries.FindUsages(hit.Entity, cancellationToken: TestContext.Current.CancellationToken).Usages.ShouldHaveSingleItem()).ToArray();
        constructors.Select(usage => usage.Path).ShouldBe(["a.cs", "u.cs"], ignoreOrder: true);
    }

    [Fact]
    public async Task An_argument_named_after_a_records_property_uses_it()
    {
        await using var tree = await IndexedTree.StartAsync(kind: kind);
        await tree.WriteAsync("a.cs", "record R(int Width);\nclass C(int Width) { int W => Width; }\n");
        await tree.WriteAsync("u.cs", "class U\n{\n    R M() => new(Width: 1);\n    R N(R r) => r with { Width = 2 };\n    C O() => new(Width: 3);\n}\n");
        tree.Queries.FindUsages(tree.Entity("R.Width"), cancellationToken: TestContext.Current.CancellationToken).Usages.Select(usage => (usage.Path, usage.StartLine)).ShouldBe([("u.cs", 3), ("u.cs", 4)]);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap()
    {
        await using var tree = await IndexedTree.StartAsync(kind: kind);
        await tree.WriteAsync("a.cs", "static class A { public static void Run() { } }\n");
        for (var file = 0; file < 3; file++)
        {
            await tree.WriteAsync($"u{file}.cs", $"class U{file} {{ void M() {{ A.Run(); A.Run(); A.Run(); }} }}\n");
        }

        var entity = tree.Entity("A.Run");
        var all = tree.Queries.FindUsages(entity, cancellationToken: TestContext.Current.CancellationToken).Usages;
        all.Count.ShouldBe(9);
        var paged = new List<Usage>();
        string? cursor = null;
        do
        {
            var page = tree.Queries.FindUsages(entity, 2, cursor, TestContext.Current.CancellationToken);
            paged.AddRange(page.Usages);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        paged.ShouldBe(all);
        Should.Throw<FormatException>(() => tree.Queries.FindUsages(entity, 2, "nonsense", TestContext.Current.CancellationToken)).Message.ShouldContain("without one");
    }

    [Fact]
    public async Task An_edit_is_seen_by_the_next_question()
    {
        await using var tree = await IndexedTree.StartAsync(kind: kind);
        await tree.WriteAsync("a.cs", "static class A { public static void Run() { } }\n");
        await tree.WriteAsync("u.cs", "class U { void M() { A.Run(); } }\n");
        tree.Queries.FindUsages(tree.Entity("A.Run"), cancellationToken: TestContext.Current.CancellationToken).Usages.Count.ShouldBe(1);
        await tree.WriteAsync("u.cs", "class U { void M() { A.Run(); A.Run(); } }\n");
        tree.Queries.FindUsages(tree.Entity("A.Run"), cancellationToken: TestContext.Current.CancellationToken).Usages.Count.ShouldBe(2);
        await tree.WriteAsync("u.cs", "class U { static class A { public static void Run() { } } void M() { A.Run(); } }\n");
        tree.Queries.FindUsages(tree.Queries.FindEntities("A.Run").Single(hit => hit.Entity.Path == "a.cs").Entity, cancellationToken: TestContext.Current.CancellationToken).Usages.ShouldBeEmpty();
        await tree.DeleteAsync("u.cs");
        tree.Queries.FindUsages(tree.Entity("A.Run"), cancellationToken: TestContext.Current.CancellationToken).Usages.ShouldBeEmpty();
    }

    [Fact]
    public async Task Types_above_and_below_are_bound_and_unknown_ones_are_named()
    {
        await using var tree = await IndexedTree.StartAsync(kind: kind);
        await tree.WriteAsync("a.cs", "namespace N;\nclass Base : Missing, System.IDisposable { public void Dispose() { } }\nclass Mid : Base;\n");
        await tree.WriteAsync("b.cs", "using N;\nclass Leaf : Mid;\n");
        await tree.WriteAsync("c.cs", "namespace Other;\nclass Base;\nclass NotOurs : Base;\n");
        var hierarchy = tree.Queries.GetHierarchy(tree.Entity("N.Base"), TestContext.Current.CancellationToken);
        hierarchy.Derived.Select(node => (node.Depth, node.Name, node.Binding)).ShouldBe([(1, "N.Mid", Binding.Semantic), (2, "Leaf", Binding.Semantic)]);
        hierarchy.Bases.ShouldContain(node => node.Name == "Missing" && node.Binding == Binding.Name);
        hierarchy.Bases.ShouldContain(node => node.Name == "System.IDisposable" && node.Binding == Binding.Semantic && node.Entity == null);
        tree.Queries.GetHierarchy(tree.Entity("Leaf"), TestContext.Current.CancellationToken).Bases.Select(node => node.Name).Take(2).ShouldBe(["N.Mid", "N.Base"]);
    }

    [Fact]
    public async Task Calls_and_dependencies_lead_to_entities()
    {
        await using var tree = await IndexedTree.StartAsync(kind: kind);
        await tree.WriteAsync("a.cs", "using System.Text;\nclass A { public static A Make() => new(); public void Go(B b) { b.Help(); b.Help(); Unknown(); new StringBuilder().Append(1); } }\nclass B { public void Help() { A.Make(); } }\n");
        var calls = tree.Queries.Callees(tree.Entity("A.Go"), TestContext.Current.CancellationToken);
        calls.Select(call => (call.Name, call.Count, call.Binding, Known: call.Entity is not null)).ShouldBe(
            [("B.Help", 2, Binding.Semantic, true), ("Unknown", 1, Binding.Name, false), ("System.Text.StringBuilder.Append", 1, Binding.Semantic, false), ("System.Text.StringBuilder.StringBuilder", 1, Binding.Semantic, false)], ignoreOrder: true);
        tree.Queries.Callers(tree.Entity("A.Make"), cancellationToken: TestContext.Current.CancellationToken).ShouldHaveSingleItem().Entity.ShouldNotBeNull().QualifiedName.ShouldBe("B.Help");
        tree.Queries.FindDependencies(tree.Entity("A.Go"), TestContext.Current.CancellationToken).Select(dependency => dependency.Name).ShouldBe(["B", "System.Text.StringBuilder"]);
        tree.Queries.FindDependencies(tree.Root, "a.cs", TestContext.Current.CancellationToken)[0].ShouldSatisfyAllConditions(import => import.Kind.ShouldBe("import"), import => import.Name.ShouldBe("System.Text"), import => import.Snippet.ShouldBe("using System.Text;"));
    }

    [Fact]
    public async Task Other_languages_are_answered_by_name_outside_of_comments_and_strings()
    {
        Assert.SkipUnless(IndexedTree.Ctags is CodeAnalysisServer.Analysis.Ctags.CtagsInstallation.Found, "Universal Ctags is not installed here (Debian: universal-ctags)");
        await using var tree = await IndexedTree.StartAsync(kind: kind);
        await tree.WriteAsync("a.py", "class Base: pass\nclass Leaf(Base):\n    def run(self):\n        helper()  # helper\n\ndef helper():\n    return 'helper'\n");
        await tree.WriteAsync("b.py", "from a import helper, Leaf\nhelper_2 = helper\n");
        tree.Queries.FindUsages(tree.Entity("helper", "function")).Usages.Select(usage => (usage.Path, usage.StartLine, usage.Binding)).ShouldBe([("a.py", 4, Binding.Name), ("b.py", 1, Binding.Name), ("b.py", 2, Binding.Name)], ignoreOrder: true);
        tree.Queries.GetHierarchy(tree.Entity("Base", "class")).Derived.ShouldHaveSingleItem().Name.ShouldBe("Leaf");
        tree.Queries.Callees(tree.Entity("run", "member")).ShouldHaveSingleItem().Entity.ShouldNotBeNull().Name.ShouldBe("helper");
        tree.Queries.FindDependencies(tree.Root, "b.py").Select(dependency => (dependency.Kind, dependency.Name)).ShouldContain(("type", "Leaf"));
        tree.Connection.Scalar("SELECT count(*) FROM imports").ShouldNotBe(0L);
    }
}

public sealed class UsageTestsOnSqlite() : UsageTests(DatabaseKind.Sqlite);

public sealed class UsageTestsOnPostgres() : UsageTests(DatabaseKind.Postgres);
