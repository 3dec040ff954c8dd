using System.Reflection;
using System.Xml.Linq;
using WorkerManagement.Tests;

namespace Architecture.Tests;

/// <summary>The checkout that these tests were built from.</summary>
internal static class Repository
{
    public static string Root => Checkout.Root;

    /// <summary>The guard as the compiler made it, before it is native.</summary>
    public static string Guard { get; } = Metadata("Guard");

    /// <summary>Every project under src, with the names of those that it references.</summary>
    public static IReadOnlyDictionary<string, string[]> Projects { get; } = Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories).ToDictionary(
        file => Path.GetFileNameWithoutExtension(file),
        file => XDocument.Load(file).Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)).ToArray());

    public static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static string Metadata(string key) => typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
