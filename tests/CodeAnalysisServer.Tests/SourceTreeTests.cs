using CodeAnalysisServer.FileWatcher;

namespace CodeAnalysisServer.Tests;

public sealed class SourceTreeTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("t-").FullName;

    [Fact]
    public void Git_rules_hold_and_a_deeper_file_takes_them_back()
    {
        Directory.CreateDirectory(Path.Combine(_root, ".git/info"));
        Write(".git/info/exclude", "private.txt\n");
        Write(".gitignore", "# rules\n*.log\nbin/\n/only-top.txt\n!keep.log\n");
        Write("sub/.gitignore", "!wanted.log\n*.tmp\n/here.txt\n");
        foreach (var path in (string[])["a.txt", "a.log", "keep.log", "bin/x.txt", "only-top.txt", "private.txt", "sub/only-top.txt", "sub/wanted.log", "sub/a.log", "sub/a.tmp", "sub/here.txt", "sub/deep/here.txt", "sub/bin/y.txt", "top.tmp"])
        {
            Write(path, path);
        }

        string[] expected = [".gitignore", "a.txt", "keep.log", "sub/.gitignore", "sub/deep/here.txt", "sub/only-top.txt", "sub/wanted.log", "top.tmp"];
        var tree = new SourceTree(_root, []);
        tree.Enumerate(_ => { }).ShouldNotBeNull().Keys.Order(StringComparer.Ordinal).ShouldBe(expected);
        Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_root, file)).Where(tree.Includes).Where(path => !path.StartsWith(".git/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ShouldBe(expected);
        // A root within a repository follows the rules above it.
        new SourceTree(Path.Combine(_root, "sub"), []).Enumerate(_ => { }).ShouldNotBeNull().Keys.Order(StringComparer.Ordinal).ShouldBe([".gitignore", "deep/here.txt", "only-top.txt", "wanted.log"]);
    }

    [Fact]
    public void A_rule_is_for_the_place_that_git_takes_it_for()
    {
        Directory.CreateDirectory(Path.Combine(_root, ".git"));
        Write(".gitignore", "/build\nbuildSrc/build\n*.log\n!keep.log\nout/\n/a/**/z\n");
        string[] expected = [".gitignore", "a/out", "build.txt", "buildSrc/src/build/x.txt", "sub/build/y.txt", "sub/buildSrc/build/z.txt"];
        foreach (var path in (string[])[.. expected, "build/x.txt", "buildSrc/build/x.txt", "out/x.txt", "sub/out/x.txt", "keep.log/x.log", "a/z", "a/b/c/z", "b.log"])
        {
            if (path != ".gitignore")
            {
                Write(path, path);
            }
        }

        var tree = new SourceTree(_root, []);
        tree.Enumerate(_ => { }).ShouldNotBeNull().Keys.Order(StringComparer.Ordinal).ShouldBe(expected);
    }

    [Fact]
    public void Loops_excluded_directories_and_unusual_names_are_no_trouble()
    {
        Directory.CreateSymbolicLink(Path.Combine(_root, "loop"), _root);
        File.CreateSymbolicLink(Path.Combine(_root, "link.txt"), "/etc/passwd");
        Write("data/index.db", "x");
        Write("inner/x.txt", "x");
        Write("line\nbreak.txt", "x");
        Write("*[a].txt", "x");
        var tree = new SourceTree(_root, [Path.Combine(_root, "data"), Path.Combine(_root, "inner"), Path.GetDirectoryName(_root)!]);
        tree.Enumerate(_ => { }).ShouldNotBeNull().Keys.Order(StringComparer.Ordinal).ShouldBe(["*[a].txt", "line\nbreak.txt"]);
        tree.IsOutOfBounds(Path.Combine(_root, "data/index.db-wal")).ShouldBeTrue();
        tree.IsOutOfBounds(Path.Combine(_root, "database.txt")).ShouldBeFalse();
        tree.IsOutOfBounds(Path.Combine(_root, "x/.git/HEAD")).ShouldBeTrue();
    }

    [Fact]
    public void From_an_absent_root_nothing_is_concluded()
    {
        var told = new List<string>();
        new SourceTree(Path.Combine(_root, "absent"), []).Enumerate(told.Add).ShouldBeNull();
        told.ShouldHaveSingleItem().ShouldContain("stays as it is");
    }

    [Fact]
    public void A_file_is_read_as_what_it_is()
    {
        Write("a.txt", "text");
        Write("big.txt", new string('x', SourceTree.MaximumSize + 1));
        File.WriteAllBytes(Path.Combine(_root, "b.bin"), [1, 0, 2]);
        Write("empty.txt", "");
        FileContent.Read(Path.Combine(_root, "a.txt")).ShouldBeOfType<FileContent.Readable>().Text.ShouldBe("text");
        FileContent.Read(Path.Combine(_root, "empty.txt")).ShouldBeOfType<FileContent.Readable>().Size.ShouldBe(0);
        FileContent.Read(Path.Combine(_root, "big.txt")).ShouldBe(new FileContent.LeftOut("too large"));
        FileContent.Read(Path.Combine(_root, "b.bin")).ShouldBe(new FileContent.LeftOut("binary"));
        FileContent.Read(Path.Combine(_root, "absent")).ShouldBe(new FileContent.Absent());
        FileContent.Read("/dev/null").ShouldNotBeNull();
        // Opening a FIFO that nobody writes to must not wait.
        using (var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(_root, "fifo")]))
        {
            made.WaitForExit();
        }

        FileContent.Read(Path.Combine(_root, "fifo")).ShouldBe(new FileContent.LeftOut("no regular file"));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, path))!);
        File.WriteAllText(Path.Combine(_root, path), text);
    }
}
