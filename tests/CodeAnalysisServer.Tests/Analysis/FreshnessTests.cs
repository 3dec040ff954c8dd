using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Tests.Analysis;

/// <summary>Entities follow their file.</summary>
public abstract class FreshnessTests(DatabaseKind kind)
{
    [Fact]
    public async Task An_edit_replaces_a_files_entities_and_a_deletion_takes_them_away()
    {
        await using var tree = await IndexedTree.StartAsync(kind: kind);
        await tree.WriteAsync("a.cs", "using X;\nclass A : B { void Old() { } }\n");
        tree.Queries.Outline(tree.Root, "a.cs").Select(entity => entity.QualifiedName).ShouldBe(["A", "A.Old"]);
        await tree.WriteAsync("a.cs", "class A { void New() { } void Other() { } }\n");
        var outline = tree.Queries.Outline(tree.Root, "a.cs");
        outline.Select(entity => entity.QualifiedName).ShouldBe(["A", "A.New", "A.Other"]);
        outline[1].ParentId.ShouldBe(outline[0].Id);
        tree.Queries.GetEntity(outline[2].Id).ShouldBe(outline[2]);
        Count(tree, "imports").ShouldBe(0);
        Count(tree, "bases").ShouldBe(0);
        await tree.DeleteAsync("a.cs");
        foreach (var table in (string[])["files", "entities", "chunks", "analyses"])
        {
            Count(tree, table).ShouldBe(0, table);
        }
    }

    [Fact]
    public async Task An_edited_index_equals_a_fresh_one()
    {
        string[] texts = ["class A { void M() { } }", "namespace N; record R(int X) : Q;", "broken ( class", "class A { int F; void M() { if (true) { } } }\n"];
        await using var edited = await IndexedTree.StartAsync(kind: kind);
        for (var i = 0; i < 12; i++)
        {
            await edited.WriteAsync($"d{i % 3}/f{i % 4}.cs", texts[i * 7 % 4]);
        }

        await edited.DeleteAsync("d1/f1.cs");
        await using var fresh = await IndexedTree.StartAsync(edited.Root, kind: kind);
        await fresh.IndexAsync(Directory.EnumerateFiles(edited.Root, "*.cs", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(edited.Root, file)));
        AreEqual(edited, fresh);
    }

    [Fact]
    public async Task Many_files_of_one_transaction_have_the_rows_that_each_has_alone()
    {
        await using var together = await IndexedTree.StartAsync(kind: kind);
        string[] paths = [.. Enumerable.Range(0, 150).Select(number => $"f{number:000}.cs")];
        foreach (var path in paths)
        {
            var name = Path.GetFileNameWithoutExtension(path);
            await File.WriteAllTextAsync(Path.Combine(together.Root, path), $"using System;\nusing X.{name};\n\n/// <summary>The {name}.</summary>\nclass {name} : B, I<int>\n{{\n    void First() {{ }}\n    int F;\n    void Second(int x) {{ if (x > 0) {{ }} }}\n}}\nbroken (\n", TestContext.Current.CancellationToken);
        }

        await together.IndexTogetherAsync(paths);
        await using var fresh = await IndexedTree.StartAsync(together.Root, kind: kind);
        await fresh.IndexAsync(paths);
        AreEqual(together, fresh);
        Count(together, "imports").ShouldBe(2 * paths.Length);
        if (kind == DatabaseKind.Sqlite)
        {
            // A file's chunks lie together, in its order: what is found in them is told in that order.
            together.Connection.Rows("SELECT f.path || ' ' || c.start_line FROM chunks c JOIN files f ON f.id = c.file_id ORDER BY c.id", row => row.GetString(0))
                .ShouldBe(together.Connection.Rows("SELECT f.path || ' ' || c.start_line FROM chunks c JOIN files f ON f.id = c.file_id ORDER BY f.path, c.start_line", row => row.GetString(0)));
        }
    }

    [Fact]
    public async Task An_error_is_told_and_gone_when_it_is_mended()
    {
        await using var tree = await IndexedTree.StartAsync(kind: kind);
        await tree.WriteAsync("a.cs", "class A { void M( }");
        Rows(tree, "SELECT path, stage FROM indexing_errors").ShouldBe(["a.cs|syntax"]);
        tree.Queries.Outline(tree.Root, "a.cs").ShouldNotBeEmpty();
        await tree.WriteAsync("a.cs", "class A { void M() { } }");
        Rows(tree, "SELECT path, stage FROM indexing_errors").ShouldBeEmpty();
        await tree.WriteAsync("a.cs", "class A { void M( }");
        await tree.DeleteAsync("a.cs");
        Rows(tree, "SELECT path, stage FROM indexing_errors").ShouldBeEmpty();
    }

    [Fact]
    public async Task Entities_are_found_by_name_and_by_the_end_of_their_qualified_name()
    {
        await using var tree = await IndexedTree.StartAsync(kind: kind);
        await tree.WriteAsync("a.cs", "namespace N.M; class List { void Add() { } class add { } }");
        tree.Queries.FindEntities("Add").Select(hit => (hit.Entity.QualifiedName, hit.Why)).ShouldBe([("N.M.List.Add", "the name"), ("N.M.List.add", "the name, in other case")]);
        tree.Queries.FindEntities("List.Add").Select(hit => hit.Why).ShouldBe(["the end of the qualified name", "the end of the qualified name, in other case"]);
        tree.Queries.FindEntities("N.M.List").ShouldHaveSingleItem().Why.ShouldBe("the qualified name");
        tree.Queries.FindEntities("N.M", "namespace").ShouldHaveSingleItem();
        tree.Queries.FindEntities("Add", "class").ShouldHaveSingleItem();
        tree.Queries.FindEntities("absent").ShouldBeEmpty();
    }

    private static void AreEqual(IndexedTree one, IndexedTree other)
    {
        foreach (var rows in (string[])[
            "SELECT f.path, e.kind, e.qualified_name, e.signature, e.doc, e.start_line, e.end_line, e.complexity, e.lines, e.language, p.qualified_name FROM entities e JOIN files f ON f.id = e.file_id LEFT JOIN entities p ON p.id = e.parent_id",
            "SELECT f.path, c.start_line, c.end_line, c.text, c.words, c.hash, e.qualified_name FROM chunks c JOIN files f ON f.id = c.file_id LEFT JOIN entities e ON e.id = c.entity_id",
            "SELECT f.path, b.position, b.name, b.simple_name, e.qualified_name FROM bases b JOIN entities e ON e.id = b.entity_id JOIN files f ON f.id = e.file_id",
            "SELECT f.path, i.position, i.line, i.target FROM imports i JOIN files f ON f.id = i.file_id",
            "SELECT f.path, a.analyzer, a.language FROM analyses a JOIN files f ON f.id = a.file_id",
            "SELECT path, stage, message FROM indexing_errors"])
        {
            Rows(one, rows).ShouldBe(Rows(other, rows));
        }

        Rows(one, "SELECT name FROM entities").ShouldNotBeEmpty();
        Rows(one, "SELECT hash FROM chunks").ShouldNotBeEmpty();
        Rows(one, "SELECT name FROM bases").ShouldNotBeEmpty();
        Rows(one, "SELECT path FROM indexing_errors").ShouldNotBeEmpty();
    }

    private static long Count(IndexedTree tree, string table) => (long)tree.Connection.Scalar($"SELECT count(*) FROM {table}")!;

    private static List<string> Rows(IndexedTree tree, string sql) => [.. tree.Connection.Rows(sql, row => string.Join('|', Enumerable.Range(0, row.FieldCount).Select(row.GetValue))).Order(StringComparer.Ordinal)];
}

public sealed class FreshnessTestsOnSqlite() : FreshnessTests(DatabaseKind.Sqlite);

public sealed class FreshnessTestsOnPostgres() : FreshnessTests(DatabaseKind.Postgres);
