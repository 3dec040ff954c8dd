namespace WorkerManagement.Tests;

/// <summary>A page under docs whose second part is generated: what a test makes of the source is compared with it. UPDATE_REFERENCE=1 writes it anew.</summary>
internal static class ReferencePage
{
    private const string Marker = "<!-- From here on as the source says it; UPDATE_REFERENCE=1 with this test writes it anew. -->\n";

    /// <summary>Fails unless the generated part of the page is this text.</summary>
    public static void Compare(string name, string generated)
    {
        var file = Path.Combine(Checkout.Root, "docs", name);
        var page = File.ReadAllText(file);
        var written = page.IndexOf(Marker, StringComparison.Ordinal);
        written.ShouldBeGreaterThan(0, $"{name} has lost its marker");
        if (Environment.GetEnvironmentVariable("UPDATE_REFERENCE") == "1")
        {
            File.WriteAllText(file, page[..written] + Marker + generated);
        }

        File.ReadAllText(file)[(written + Marker.Length)..].ShouldBe(generated);
    }
}
