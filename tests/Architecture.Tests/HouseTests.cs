namespace Architecture.Tests;

/// <summary>What HOUSE says of files.</summary>
public sealed class HouseTests
{
    private const int Longest = 250;

    // Longer, and why.
    private static readonly Dictionary<string, string> Longer = new()
    {
        ["src/WorkerManagement.Posix/Spawning.cs"] = "one sequence between clone and exec with its essay; a reader must see all of it at once",
        ["src/WorkerManagement.Guard/Runs.cs"] = "one table and the transitions of its rows; its concerns are in partial files beside it already",
    };

    [Fact]
    public void No_file_is_longer_than_250_lines_without_a_reason()
    {
        var found = Repository.Sources("src").Concat(Repository.Sources("tests")).Select(file => (Name: Path.GetRelativePath(Repository.Root, file), Lines: File.ReadLines(file).Count())).Where(file => file.Lines > Longest).ToArray();
        found.Where(file => !Longer.ContainsKey(file.Name)).ShouldBeEmpty();
    }

    [Fact]
    public void No_to_do_is_left() =>
        Repository.Sources("src").Where(file => File.ReadLines(file).Any(line => line.Contains("TO" + "DO", StringComparison.Ordinal) || line.Contains("FIX" + "ME", StringComparison.Ordinal) || line.Contains("HA" + "CK", StringComparison.Ordinal))).ShouldBeEmpty();

    [Fact]
    public void No_shell_runs_in_the_product() =>
        Repository.Sources("src").Where(file => File.ReadLines(file).Any(line => line.Contains("\"/bin/sh\"", StringComparison.Ordinal) || line.Contains("UseShellExecute = true", StringComparison.Ordinal))).ShouldBeEmpty();
}
