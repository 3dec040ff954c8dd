using System.Globalization;

namespace WorkerManagement.Logs;

/// <summary>
/// The files of one rotated series: <c>PATH</c> is written, <c>PATH.000001</c>, <c>PATH.000002</c> … are full, the oldest first. A number never
/// changes hands, so a reader keeps its place while others rotate, compress (<c>.gz</c>) or delete. Full files of earlier versions
/// (<c>PATH.1</c> the newest) are read, too, as older than all of these.
/// </summary>
internal static class Series
{
    private const int Digits = 6;

    /// <summary>One full file.</summary>
    internal sealed record Full(string Path, long Order, bool Compressed);

    /// <summary>The full files, the oldest first.</summary>
    public static List<Full> Rotated(string path)
    {
        var found = new Dictionary<long, Full>();
        foreach (var file in Files(path))
        {
            if (Parse(path, file) is { } full && (!full.Compressed || !found.ContainsKey(full.Order)))
            {
                // While a file is being replaced by its compressed form both are there, and either will do.
                found[full.Order] = full;
            }
        }

        return [.. found.Values.OrderBy(full => full.Order)];
    }

    /// <summary>What a full file with this number is called.</summary>
    public static string Name(string path, long number) => $"{path}.{number.ToString("D" + Digits, CultureInfo.InvariantCulture)}";

    /// <summary>The full file that a path names; null when it names none of this series.</summary>
    public static Full? Parse(string path, string file)
    {
        if (!file.StartsWith(path + ".", StringComparison.Ordinal))
        {
            return null;
        }

        var rest = file.AsSpan(path.Length + 1);
        var compressed = rest.EndsWith(".gz", StringComparison.Ordinal);
        rest = compressed ? rest[..^3] : rest;
        return long.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new(file, rest.Length >= Digits ? number : -number, compressed)
            : null;
    }

    /// <summary>Removes a full file in whatever form, and its index.</summary>
    public static void Delete(string path, long order)
    {
        var name = order > 0 ? Name(path, order) : string.Create(CultureInfo.InvariantCulture, $"{path}.{-order}");
        File.Delete(name);
        File.Delete(name + ".gz");
        File.Delete(LogIndex.PathOf(name));
    }

    private static string[] Files(string path)
    {
        try
        {
            return Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + ".*");
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
