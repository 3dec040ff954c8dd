using MAB.DotIgnore;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>The files of one root that are to be indexed: text, within the limits, not ignored by git's rules. Only reads.</summary>
internal sealed class SourceTree(string root, IReadOnlySet<string> excluded)
{
    /// <summary>Larger files are left out.</summary>
    public const int MaximumSize = 1 << 20;

    private static readonly HashSet<string> AlwaysLeftOut = [".git", ".hg", ".svn", "node_modules", ".workers"];

    /// <summary>All paths, relative to the root. Null when the root itself cannot be read: nothing may be concluded then.</summary>
    public List<string>? Enumerate()
    {
        var found = new List<string>();
        try
        {
            Collect(root, [], found);
            return found;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"root '{root}' cannot be read ({exception.Message}); what is known of it stays as it is");
            return null;
        }
    }

    /// <summary>Whether a path below the root is one of those.</summary>
    public bool Includes(string path)
    {
        var rules = new List<(string Directory, IgnoreList List)>();
        var directory = root;
        AddRules(directory, rules);
        var parts = path.Split('/');
        for (var i = 0; i < parts.Length; i++)
        {
            var full = Path.Combine(directory, parts[i]);
            var last = i == parts.Length - 1;
            if (IsLeftOut(full, parts[i], !last, rules))
            {
                return false;
            }

            directory = full;
            if (!last)
            {
                AddRules(directory, rules);
            }
        }

        return true;
    }

    private void Collect(string directory, List<(string, IgnoreList)> rules, List<string> found)
    {
        var own = rules.Count;
        AddRules(directory, rules);
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            var isDirectory = entry is DirectoryInfo;
            // Links are not followed: a loop would never end, and the target is indexed where it is.
            if (entry.LinkTarget is not null || IsLeftOut(entry.FullName, entry.Name, isDirectory, rules))
            {
                continue;
            }

            if (!isDirectory)
            {
                found.Add(Path.GetRelativePath(root, entry.FullName));
                continue;
            }

            try
            {
                Collect(entry.FullName, rules, found);
            }
            catch (Exception exception) when (exception is UnauthorizedAccessException or DirectoryNotFoundException)
            {
                Console.Error.WriteLine($"'{entry.FullName}' cannot be read: {exception.Message}");
            }
        }

        rules.RemoveRange(own, rules.Count - own);
    }

    private bool IsLeftOut(string full, string name, bool isDirectory, List<(string Directory, IgnoreList List)> rules) =>
        (isDirectory && AlwaysLeftOut.Contains(name)) || excluded.Contains(full)
        || rules.Any(rule => rule.List.IsIgnored("/" + Path.GetRelativePath(rule.Directory, full), isDirectory));

    private static void AddRules(string directory, List<(string, IgnoreList)> rules)
    {
        var file = Path.Combine(directory, ".gitignore");
        if (File.Exists(file))
        {
            rules.Add((directory, new IgnoreList(file)));
        }
    }
}
