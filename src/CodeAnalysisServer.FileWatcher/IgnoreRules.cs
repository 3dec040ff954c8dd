using MAB.DotIgnore;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>
/// Git's rules: of all patterns that match, the last one decides, those of a deeper directory after those of a shallower one; so a
/// deeper <c>!pattern</c> takes back what an outer file ignores. Reads each .gitignore once, until forgotten. Not thread-safe.
/// </summary>
internal sealed class IgnoreRules
{
    private readonly Dictionary<string, IgnoreRule[]> _read = [];

    /// <summary>Reads the files again when asked next.</summary>
    public void Forget() => _read.Clear();

    /// <summary>Whether an entry is ignored; its directory is not. <paramref name="directories"/>: from the outermost to its own.</summary>
    public bool IsIgnored(IReadOnlyList<string> directories, string full, bool isDirectory)
    {
        var ignored = false;
        foreach (var directory in directories)
        {
            var rules = Of(directory);
            if (rules.Length == 0)
            {
                continue;
            }

            var path = full.AsSpan(directory.Length).TrimStart('/').ToString();
            foreach (var rule in rules)
            {
                // Only a rule that would change the verdict needs a look.
                if (rule.PatternFlags.HasFlag(PatternFlags.NEGATION) == ignored && Matches(rule, path, isDirectory))
                {
                    ignored = !ignored;
                }
            }
        }

        return ignored;
    }

    /// <summary>The directories above a root whose rules hold in it: up to the top of its git repository, the outermost first.</summary>
    public static List<string> Above(string root)
    {
        var above = new List<string>();
        for (var directory = root; directory is not null && !Path.Exists(Path.Combine(directory, ".git")); directory = Path.GetDirectoryName(directory))
        {
            if (Path.GetDirectoryName(directory) is not { } parent)
            {
                return [];
            }

            above.Insert(0, parent);
        }

        return above;
    }

    // The library takes a pattern without a slash for each part of a path, and /build for buildSrc/a/build too. Here the directory is known not
    // to be ignored, so the pattern is for the last part alone; one that began with a slash, only beside its file.
    private static bool Matches(IgnoreRule rule, string path, bool isDirectory) => rule.Pattern.Contains('/', StringComparison.Ordinal) ? rule.IsMatch(path, isDirectory)
        : (!rule.PatternFlags.HasFlag(PatternFlags.ABSOLUTE_PATH) || !path.Contains('/', StringComparison.Ordinal)) && rule.IsMatch(Path.GetFileName(path), isDirectory);

    private IgnoreRule[] Of(string directory)
    {
        if (!_read.TryGetValue(directory, out var rules))
        {
            _read[directory] = rules = [.. Read(Path.Combine(directory, ".git", "info", "exclude")), .. Read(Path.Combine(directory, ".gitignore"))];
        }

        return rules;
    }

    private static List<IgnoreRule> Read(string file)
    {
        var rules = new List<IgnoreRule>();
        try
        {
            foreach (var line in File.Exists(file) ? File.ReadAllLines(file) : [])
            {
                if (!string.IsNullOrWhiteSpace(line) && line[0] != '#')
                {
                    rules.Add(new IgnoreRule(line.Trim(), MatchFlags.PATHNAME, null));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine($"'{file}' is not followed to its end: {exception.Message}");
        }

        return rules;
    }
}
