using System.Security.Cryptography;
using System.Text;

namespace CodeAnalysisServer.Bench;

/// <summary>Trees of files, made for a scenario and removed after it.</summary>
internal sealed class Trees : IDisposable
{
    private const int InDirectory = 100, Largest = 1 << 20;

    private readonly string _all = Directory.CreateTempSubdirectory("bench-trees-").FullName;
    private int _made;

    /// <summary>A tree of so many small text files.</summary>
    public string OfSmallFiles(int count)
    {
        var root = Next();
        for (var i = 0; i < count; i++)
        {
            var directory = Path.Combine(root, $"part{i / InDirectory}");
            Directory.CreateDirectory(directory);
            File.WriteAllText(Path.Combine(directory, $"file{i}.txt"), $"This is text number {i}.\nIt has few lines, and is as it was.\n");
        }

        return root;
    }

    /// <summary>A copy of so many C# files below some directories, mixed: each tree is like the others, only larger.</summary>
    public string OfSources(IEnumerable<string> directories, int count)
    {
        var root = Next();
        var sources = directories.SelectMany(directory => Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories))
            .Where(path => new FileInfo(path).Length < Largest)
            .OrderBy(path => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(path))), StringComparer.Ordinal).Take(count);
        var i = 0;
        foreach (var source in sources)
        {
            var directory = Path.Combine(root, $"part{i / InDirectory}");
            Directory.CreateDirectory(directory);
            File.Copy(source, Path.Combine(directory, $"{i++}-{Path.GetFileName(source)}"));
        }

        return i == count ? root : throw new ArgumentException($"there are only {i} C# files of at most 1 MiB in these directories; {count} are needed, name more of them");
    }

    /// <summary>A copy of a tree, which may be written into.</summary>
    public async Task<string> CopyOfAsync(string directory)
    {
        var root = Next();
        await Figure.ExecuteAsync("cp", "-a", Path.Combine(directory, "."), root);
        return root;
    }

    public void Dispose() => Directory.Delete(_all, recursive: true);

    private string Next() => Directory.CreateDirectory(Path.Combine(_all, $"tree{_made++}")).FullName;
}
