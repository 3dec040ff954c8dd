using System.IO.Enumeration;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>What a directory tells of a file: its size in bytes and when it was written, in ticks.</summary>
internal readonly record struct FileStamp(long Size, long Modified);

/// <summary>The files of one root that may be indexed: not ignored by git's rules, not in an excluded directory. Only reads. Not thread-safe.</summary>
/// <param name="root">The real path of the root.</param>
/// <param name="excluded">Directories that are none of its concern: the index's own, other roots. Those outside of this root mean nothing.</param>
internal sealed class SourceTree(string root, IReadOnlyCollection<string> excluded)
{
    /// <summary>Larger files, in bytes, are left out.</summary>
    public const int MaximumSize = 1 << 20;

    private static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private static readonly HashSet<string> AlwaysLeftOut = [".git", ".hg", ".svn", "node_modules", ".workers"];

    private readonly string[] _excluded = [.. excluded.Where(directory => directory.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + "/", StringComparison.Ordinal))];
    private readonly IgnoreRules _rules = new();
    private readonly List<string> _above = IgnoreRules.Above(root);

    /// <summary>Reads the rules again when asked next.</summary>
    public void ForgetRules() => _rules.Forget();

    /// <summary>All paths, relative to the root. Null when the root itself cannot be read: nothing may be concluded then.</summary>
    /// <param name="told">What cannot be read, and why.</param>
    /// <param name="found">Each path at once.</param>
    public Dictionary<string, FileStamp>? Enumerate(Action<string> told, Action<string>? found = null)
    {
        var all = new Dictionary<string, FileStamp>();
        try
        {
            Collect(root, [.. _above], Add, told);
            return all;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            told($"root '{root}' cannot be read ({exception.Message}); what is known of it stays as it is");
            return null;
        }

        void Add(string path, FileStamp stamp)
        {
            all[path] = stamp;
            found?.Invoke(path);
        }
    }

    /// <summary>Whether a path below the root is one of those, by its name.</summary>
    public bool Includes(string path)
    {
        var full = root;
        List<string> directories = [.. _above];
        var parts = path.Split('/');
        for (var i = 0; i < parts.Length; i++)
        {
            directories.Add(full);
            full = Path.Combine(full, parts[i]);
            if (IsLeftOut(directories, full, parts[i], isDirectory: i < parts.Length - 1))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a path is in a directory that is never looked at. Cheap, and safe to ask from any thread.</summary>
    public bool IsOutOfBounds(string full) =>
        _excluded.Any(directory => full.StartsWith(directory, StringComparison.Ordinal) && (full.Length == directory.Length || full[directory.Length] == '/'))
        || (full.Length > root.Length && full[root.Length..].Split('/').Any(AlwaysLeftOut.Contains));

    private void Collect(string directory, List<string> directories, Action<string, FileStamp> found, Action<string> told)
    {
        directories.Add(directory);
        try
        {
            // One look at each, for all that is asked of it.
            foreach (var entry in new FileSystemEnumerable<Entry>(directory, (ref entry) => new(entry.FileName.ToString(), entry.Attributes, new(entry.Length, entry.LastWriteTimeUtc.Ticks)), All))
            {
                Take(entry, Path.Join(directory, entry.Name), directories, found, told);
            }
        }
        finally
        {
            directories.RemoveAt(directories.Count - 1);
        }
    }

    private void Take(Entry entry, string full, List<string> directories, Action<string, FileStamp> found, Action<string> told)
    {
        var isDirectory = entry.Attributes.HasFlag(FileAttributes.Directory);
        // Links are not followed: a loop would never end, and the target is indexed where it is.
        if (entry.Attributes.HasFlag(FileAttributes.ReparsePoint) || IsLeftOut(directories, full, entry.Name, isDirectory))
        {
            return;
        }

        if (!isDirectory)
        {
            found(full[(Path.EndsInDirectorySeparator(root) ? root.Length : root.Length + 1)..], entry.Stamp);
            return;
        }

        try
        {
            Collect(full, directories, found, told);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException && Directory.Exists(root))
        {
            told($"'{full}' cannot be read: {exception.Message}");
        }
    }

    private bool IsLeftOut(List<string> directories, string full, string name, bool isDirectory) =>
        (isDirectory && AlwaysLeftOut.Contains(name)) || _excluded.Contains(full) || _rules.IsIgnored(directories, full, isDirectory);

    private readonly record struct Entry(string Name, FileAttributes Attributes, FileStamp Stamp);
}
