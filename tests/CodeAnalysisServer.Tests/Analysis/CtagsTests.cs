using System.Diagnostics;
using System.Text.Json;
using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.Analysis.Ctags;

namespace CodeAnalysisServer.Tests.Analysis;

public sealed class CtagsTests : IDisposable
{
    private const string NotHere = "Universal Ctags is not installed here (Debian: universal-ctags)";

    private readonly string _scratch = Directory.CreateTempSubdirectory("ctags-").FullName;

    [Fact]
    public async Task The_entities_of_a_real_tree_are_those_that_ctags_counts_by_hand()
    {
        var installed = Installed();
        var files = Directory.EnumerateFiles("/usr/include", "*.h", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(150)
            .Concat(((string[])["/usr/lib/python3", "/usr/share"]).Where(Directory.Exists).SelectMany(directory => Directory.EnumerateFiles(directory, "*.py", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })).Order(StringComparer.Ordinal).Take(150))
            .Where(file => new FileInfo(file) is { LinkTarget: null, Length: < 1 << 20 }).ToArray();
        Assert.SkipWhen(files.Length == 0, "neither headers nor Python sources on this machine");
        await using var analyzer = new CtagsAnalyzer(installed);
        var byHand = ByHand(installed.Path, files);
        var all = 0;
        foreach (var file in files)
        {
            var facts = await analyzer.AnalyzeAsync(file, await File.ReadAllTextAsync(file), TestContext.Current.CancellationToken);
            facts.Errors.ShouldBeEmpty(file);
            facts.Entities.Count.ShouldBe(byHand.GetValueOrDefault(file), file);
            all += facts.Entities.Count;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{files.Length} files, {all} entities");
    }

    [Fact]
    public async Task A_source_is_told_with_scopes_docs_imports_and_bases()
    {
        await using var analyzer = new CtagsAnalyzer(Installed());
        var facts = await analyzer.AnalyzeAsync("x/größe.py", "import os\nfrom a.b import c\n\nclass Shape(Base, x.Y):\n    \"\"\"A shape.\"\"\"\n    # Draws it.\n    def draw(self, on):\n        if on and self:\n            return 1 # if\n        return \"if\"\n\ndef größe(): pass\n", TestContext.Current.CancellationToken);
        facts.Language.ShouldBe("Python");
        facts.Entities.Where(entity => entity.Kind != "unknown").Select(entity => $"{entity.Kind} {entity.QualifiedName} {entity.StartLine}-{entity.EndLine} {entity.Complexity} {entity.Doc}").ShouldBe(["class Shape 4-10  A shape.", "member Shape.draw 7-10 3 Draws it.", "function größe 12-12 1 "]);
        facts.Entities[^2].Parent.ShouldBe(facts.Entities.Count - 3);
        facts.Imports.Select(import => import.Target).ShouldContain("os");
        facts.Bases.Select(listed => listed.SimpleName).ShouldBe(["Base", "Y"]);
    }

    // As seen in spring-framework: the garbage is other bytes each time, so it is made here.
    [Fact]
    public void A_name_that_the_parser_of_Kotlin_made_up_is_no_entity()
    {
        var tags = new[] { ("Tests", "class"), ("Companion", "object"), ("<lambda>", "method"), ("run", "method"), ("d6(\u0001kU", "method"), ("Tests.kt", "method") }
            .Select((tag, line) => new CtagsTag("tag", tag.Item1, "Kotlin", line + 1, null, tag.Item2, null, null, null, null, null, null)).ToList<CtagsTag?>();
        var facts = new CtagsFacts("class Tests {\n\tcompanion object { }\n\tval it = { }\n\tfun run() { }\n\tfun `two words`() { }\n\tfun `three more words`() { }\n}\n", tags).ToFacts("ctags");
        facts.Entities.Select(entity => entity.Name).ShouldBe(["Tests", "Companion", "<lambda>", "run"]);
    }

    [Fact]
    public async Task Something_without_a_name_is_no_failure_of_its_file()
    {
        await using var analyzer = new CtagsAnalyzer(Installed());
        var facts = await analyzer.AnalyzeAsync("a.js", "var { METHODS } = require('node:http');\nfunction run() { }\n", TestContext.Current.CancellationToken);
        facts.Errors.ShouldBeEmpty();
        facts.Entities.ShouldHaveSingleItem().Name.ShouldBe("run");
    }

    [Fact]
    public async Task A_ctags_that_was_killed_is_started_again()
    {
        await using var analyzer = new CtagsAnalyzer(Installed());
        (await One(analyzer)).ShouldHaveSingleItem();
        var first = analyzer.ProcessId.ShouldNotBeNull();
        using (var process = Process.GetProcessById(first))
        {
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        (await One(analyzer)).ShouldHaveSingleItem();
        analyzer.ProcessId.ShouldNotBe(first);
    }

    [Fact]
    public async Task A_ctags_that_hangs_is_ended_and_the_file_has_an_error()
    {
        await using var analyzer = new CtagsAnalyzer(new(Program("while read line; do :; done; sleep 600"), "5.9.0"), TimeSpan.FromMilliseconds(300));
        var facts = await analyzer.AnalyzeAsync("a.py", "x = 1\n", TestContext.Current.CancellationToken);
        facts.Errors.ShouldHaveSingleItem().Message.ShouldContain("took more than");
        analyzer.ProcessId.ShouldBeNull();
    }

    [Fact]
    public async Task A_ctags_that_dies_over_a_file_costs_that_file_alone()
    {
        await using var analyzer = new CtagsAnalyzer(new(Program("read line; echo '{\"_type\": \"completed\"}'; read line; exit 3"), "5.9.0"));
        (await analyzer.AnalyzeAsync("a.py", "", TestContext.Current.CancellationToken)).Errors.ShouldBeEmpty();
        // The second file finds it dead or dying; a new process answers for it.
        (await analyzer.AnalyzeAsync("b.py", "", TestContext.Current.CancellationToken)).Errors.ShouldBeEmpty();
    }

    [Fact]
    public void Without_ctags_it_is_said_what_to_install()
    {
        CtagsInstallation.Find(_scratch).ShouldBeOfType<CtagsInstallation.Missing>().Why.ShouldContain("apt-get install universal-ctags");
        Program("echo 'Exuberant Ctags 5.8'", "ctags");
        CtagsInstallation.Find(_scratch).ShouldBeOfType<CtagsInstallation.Missing>().Why.ShouldContain("is not Universal Ctags");
    }

    [Fact]
    public async Task Without_ctags_everything_else_works()
    {
        await using var analyzer = new SourceAnalyzer(new CtagsInstallation.Missing("install it"));
        analyzer.Missing.ShouldBe("install it");
        (await analyzer.AnalyzeAsync("a.py", "x = 1", TestContext.Current.CancellationToken)).ShouldBeEquivalentTo(FileFacts.Nothing(SourceAnalyzer.TextOnly));
        (await analyzer.AnalyzeAsync("a.cs", "class A;", TestContext.Current.CancellationToken)).Entities.ShouldHaveSingleItem();
    }

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    private static CtagsInstallation.Found Installed()
    {
        Assert.SkipUnless(IndexedTree.Ctags is CtagsInstallation.Found, NotHere);
        return (CtagsInstallation.Found)IndexedTree.Ctags;
    }

    private static async Task<IReadOnlyList<EntityFact>> One(CtagsAnalyzer analyzer) => (await analyzer.AnalyzeAsync("a.py", "def f(): pass\n", TestContext.Current.CancellationToken)).Entities;

    // Any ctags, run over the files themselves as a person would.
    private static Dictionary<string, int> ByHand(string program, string[] files)
    {
        using var process = Process.Start(new ProcessStartInfo(program, ["--options=NONE", "--output-format=json", "--sort=no", "-f", "-", "-L", "-"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var counts = new Dictionary<string, int>();
        var feeding = Task.Run(() =>
        {
            foreach (var file in files)
            {
                process.StandardInput.WriteLine(file);
            }

            process.StandardInput.Close();
        });
        while (process.StandardOutput.ReadLine() is { } line)
        {
            using var tag = JsonDocument.Parse(line);
            var path = tag.RootElement.GetProperty("path").GetString()!;
            counts[path] = counts.GetValueOrDefault(path) + 1;
        }

        process.WaitForExit();
        return counts;
    }

    private string Program(string script, string name = "program")
    {
        var path = Path.Combine(_scratch, name);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
