using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace CodeAnalysisServer.Analysis.Semantics;

/// <summary>What a project's last restore says that it is compiled against, as far as that is on this machine; and what is not, in words.</summary>
internal sealed record PackageReferences(IReadOnlyList<MetadataReference> References, IReadOnlyList<string> Notes)
{
    public static readonly PackageReferences None = new([], []);
}

/// <summary>
/// The assemblies of NuGet packages, by <c>obj/project.assets.json</c>: what <c>dotnet restore</c> decided, for the newest framework of
/// several. The packages' folder is only read. Not thread-safe.
/// </summary>
internal sealed partial class RestoredPackages
{
    private readonly Dictionary<string, (DateTime Written, PackageReferences Found)> _read = [];
    private readonly Dictionary<string, MetadataReference> _assemblies = [];

    /// <param name="project">The project's file, whole.</param>
    /// <param name="wants">Whether it, or what holds for it, names packages.</param>
    /// <param name="provided">File names of the assemblies that are there anyway: the framework's are newer than a package's of the same name.</param>
    public PackageReferences Of(string project, bool wants, IReadOnlySet<string> provided)
    {
        if (Assets(project) is not { } assets)
        {
            return wants ? new([], [$"'{project}' has not been restored, so what it uses of its packages is only known by name; dotnet restore mends that"]) : PackageReferences.None;
        }

        var written = File.GetLastWriteTimeUtc(assets);
        if (!_read.TryGetValue(assets, out var known) || known.Written != written)
        {
            _read[assets] = known = (written, Read(project, assets, provided));
        }

        return known.Found;
    }

    private PackageReferences Read(string project, string assets, IReadOnlySet<string> provided)
    {
        var (references, notes) = (new List<MetadataReference>(), new List<string>());
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(assets));
            var root = document.RootElement;
            string[] folders = [.. root.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name)];
            var libraries = root.GetProperty("libraries");
            // One for each framework, and again for each runtime, which are compiled against the same.
            var target = root.GetProperty("targets").EnumerateObject().Where(target => !target.Name.Contains('/', StringComparison.Ordinal)).MaxBy(target => Age(target.Name));
            foreach (var library in target.Value.EnumerateObject())
            {
                if (library.Value.GetProperty("type").GetString() != "package" || !library.Value.TryGetProperty("compile", out var compile))
                {
                    continue;
                }

                var path = libraries.GetProperty(library.Name).GetProperty("path").GetString()!;
                foreach (var assembly in compile.EnumerateObject().Select(file => file.Name).Where(file => file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) && !provided.Contains(Path.GetFileName(file))))
                {
                    if (folders.Select(folder => Path.Combine(folder, path, assembly)).FirstOrDefault(File.Exists) is { } file)
                    {
                        references.Add(Assembly(file));
                    }
                    else
                    {
                        notes.Add($"the package {library.Name} of '{project}' is not in {string.Join(" or ", folders)}, so what uses it is only known by name; dotnet restore mends that");
                    }
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            notes.Add($"'{assets}' cannot be read, so what '{project}' uses of its packages is only known by name: {exception.Message}");
        }

        return new(references, [.. notes.Distinct()]);
    }

    private MetadataReference Assembly(string file) => _assemblies.TryGetValue(file, out var known) ? known : _assemblies[file] = MetadataReference.CreateFromFile(file);

    // Beside the project, or where the artifacts of all projects of a repository are.
    private static string? Assets(string project)
    {
        var beside = Path.Combine(Path.GetDirectoryName(project)!, "obj", "project.assets.json");
        if (File.Exists(beside))
        {
            return beside;
        }

        for (var directory = Path.GetDirectoryName(project); directory is not null; directory = Path.Exists(Path.Combine(directory, ".git")) ? null : Path.GetDirectoryName(directory))
        {
            var shared = Path.Combine(directory, "artifacts", "obj", Path.GetFileNameWithoutExtension(project), "project.assets.json");
            if (File.Exists(shared))
            {
                return shared;
            }
        }

        return null;
    }

    // net10.0 above net8.0 above .NETCoreApp,Version=v3.1 above .NETStandard,Version=v2.1 above net48.
    private static (int Family, Version Version) Age(string framework)
    {
        var match = Framework().Match(framework);
        if (!match.Success)
        {
            return (0, new());
        }

        var (name, number) = (match.Groups["name"].Value.ToUpperInvariant(), match.Groups["number"].Value);
        var version = Version.TryParse(number, out var dotted) ? dotted : new Version(number[0] - '0', number.Length > 1 ? number[1] - '0' : 0);
        return (name switch { ".NETCOREAPP" or "NETCOREAPP" => 3, "NET" when version.Major >= 5 && number.Contains('.', StringComparison.Ordinal) => 3, ".NETSTANDARD" or "NETSTANDARD" => 2, _ => 1 }, version);
    }

    [GeneratedRegex(@"^(?<name>\.?[A-Za-z]+)(,Version=v)?(?<number>\d+(\.\d+)*)")]
    private static partial Regex Framework();
}
