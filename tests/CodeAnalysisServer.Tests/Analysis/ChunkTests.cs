using CodeAnalysisServer.Analysis.CSharp;
using CodeAnalysisServer.FileWatcher;
using CodeAnalysisServer.Storage;
using WorkerManagement.Tests;

namespace CodeAnalysisServer.Tests.Analysis;

/// <summary>Chunks follow entities, and leave nothing out.</summary>
public sealed class ChunkTests
{
    [Fact]
    public void Every_line_with_text_is_in_one_chunk_as_it_is_written()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*.cs", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(file);
            var lines = text.Split('\n');
            var seen = new int[lines.Length + 1];
            foreach (var chunk in Chunker.Cut(text, CSharpAnalyzer.Analyze(file, text, TestContext.Current.CancellationToken).Entities))
            {
                (chunk.EndLine - chunk.StartLine).ShouldBeLessThan(Chunker.MostLines);
                chunk.Text.ShouldBe(string.Join('\n', lines[(chunk.StartLine - 1)..chunk.EndLine]));
                for (var line = chunk.StartLine; line <= chunk.EndLine; line++)
                {
                    seen[line]++;
                }
            }

            for (var line = 1; line <= lines.Length; line++)
            {
                seen[line].ShouldBeLessThanOrEqualTo(1, $"{file}:{line}");
                (seen[line] == 1 || string.IsNullOrWhiteSpace(lines[line - 1])).ShouldBeTrue($"{file}:{line}");
            }
        }
    }

    [Fact]
    public void A_method_is_a_chunk_with_its_documentation_and_a_type_is_what_is_left()
    {
        const string text = "using System;\n\n/// <summary>Of A.</summary>\nclass A\n{\n    int _f;\n\n    /// <summary>Of M.</summary>\n    [Obsolete]\n    void M()\n    {\n    }\n\n    int _g;\n}\n";
        var facts = CSharpAnalyzer.Analyze("a.cs", text, TestContext.Current.CancellationToken);
        Chunker.Cut(text, facts.Entities).Select(chunk => (chunk.StartLine, chunk.EndLine, chunk.Entity is { } place ? facts.Entities[place].Name : null)).ShouldBe([(1, 2, null), (3, 7, "A"), (8, 13, "M"), (14, 15, "A")]);
    }

    [Fact]
    public async Task A_long_body_is_cut_into_windows_that_are_found_by_the_names_around_them()
    {
        await using var tree = await IndexedTree.StartAsync();
        await tree.WriteAsync("a.cs", $"class OuterShell\n{{\n    void ComputeEverything()\n    {{\n{string.Concat(Enumerable.Range(0, 100).Select(i => $"        call{i}();\n"))}        lastWord();\n    }}\n}}\n");
        // The window with all of the words comes first.
        var hit = Searcher.FullText(tree.Connection, "compute everything lastWord", 10)[0];
        hit.Snippet.ShouldContain("lastWord");
        tree.Connection.Scalar("SELECT count(DISTINCT entity_id) FROM chunks").ShouldBe(2L);
        ((long)tree.Connection.Scalar("SELECT count(*) FROM chunks")!).ShouldBeGreaterThan(3);
    }
}
