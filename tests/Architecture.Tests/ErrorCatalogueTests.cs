namespace Architecture.Tests;

/// <summary>docs/errors.md has every message of the product, each with cause and remedy, and no message that is gone.</summary>
public sealed class ErrorCatalogueTests
{
    [Fact]
    public void Every_message_is_in_the_catalogue_and_no_other()
    {
        var told = Rows().SelectMany(row => Told(row[0])).ToArray();
        told.ShouldBe(told.Distinct());
        var made = Messages.All();
        made.Count.ShouldBeGreaterThan(100, "the scan of the source has lost its way");
        made.Except(told).ShouldBeEmpty("messages of the source that docs/errors.md does not have");
        told.Except(made).ShouldBeEmpty("messages of docs/errors.md that the source does not have");
    }

    [Fact]
    public void Every_message_of_the_catalogue_has_a_cause_and_a_remedy()
    {
        foreach (var row in Rows())
        {
            row.Length.ShouldBe(3, string.Join(" | ", row));
            row.ShouldAllBe(cell => cell.Length > 3, row[0]);
        }
    }

    // Rows of three cells, whose first is messages in backticks, one a line.
    private static IEnumerable<string[]> Rows() => File.ReadLines(Path.Combine(Repository.Root, "docs", "errors.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(line => line.Replace("\\|", "\u0001", StringComparison.Ordinal).Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries).Select(cell => cell.Replace('\u0001', '|')).ToArray());

    private static IEnumerable<string> Told(string cell) => cell.Split("<br>").Select(message => message.Trim('`'));
}
