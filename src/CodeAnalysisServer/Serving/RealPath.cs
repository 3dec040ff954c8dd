namespace CodeAnalysisServer;

/// <summary>Paths without links: what the kernel's events and two ways to one directory are compared by.</summary>
internal static class RealPath
{
    // As the kernel: more links than this are a loop.
    private const int MostLinks = 40;

    /// <summary>The path with every link on it followed; parts that do not exist stay as they are.</summary>
    /// <exception cref="IOException">Too many links.</exception>
    public static string Of(string path)
    {
        var links = 0;
        return Follow(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), ref links);
    }

    private static string Follow(string path, ref int links)
    {
        if (Path.GetDirectoryName(path) is not { } parent)
        {
            return path;
        }

        var real = Path.Combine(Follow(parent, ref links), Path.GetFileName(path));
        if (new FileInfo(real).LinkTarget is not { } target)
        {
            return real;
        }

        return ++links > MostLinks ? throw new IOException($"'{path}' has too many links") : Follow(Path.TrimEndingDirectorySeparator(Path.GetFullPath(target, Path.GetDirectoryName(real)!)), ref links);
    }
}
