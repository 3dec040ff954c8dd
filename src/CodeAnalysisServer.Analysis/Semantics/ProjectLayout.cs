using System.Data.Common;
using System.Xml;
using System.Xml.Linq;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Analysis.Semantics;

/// <summary>A C# project as far as its files say without MSBuild. Paths are relative to the root.</summary>
/// <param name="Directory">Empty for the root itself, and for the files that belong to no project.</param>
/// <param name="Files">Path and hash.</param>
/// <param name="References">Directories of the projects that it references.</param>
/// <param name="Usings">Namespaces that are imported into every file.</param>
internal sealed record ProjectSource(string Name, string Directory, IReadOnlyDictionary<string, string> Files, IReadOnlyList<string> References, IReadOnlyList<string> Usings)
{
    /// <summary>The project's file, whole; null for the files that belong to none.</summary>
    public string? File { get; init; }

    /// <summary>Whether packages are named by it, or by what holds for it.</summary>
    public bool WantsPackages { get; init; }
}

/// <summary>Which file of a root belongs to which project: to the nearest one above it.</summary>
internal sealed class ProjectLayout
{
    private static readonly string[] Implicit = ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"];
    private static readonly string[] ImplicitWeb = ["System.Net.Http.Json", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http", "Microsoft.AspNetCore.Routing", "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging"];

    private readonly Dictionary<string, string> _projectOf = [];

    private ProjectLayout(string root) => Root = root;

    public string Root { get; }

    /// <summary>By directory.</summary>
    public Dictionary<string, ProjectSource> Projects { get; } = [];

    /// <summary>What is missing of the projects that were compiled for this question, in words.</summary>
    public SortedSet<string> Notes { get; } = new(StringComparer.Ordinal);

    /// <summary>The layout as the index has it now.</summary>
    public static ProjectLayout Read(DbConnection connection, string root)
    {
        var layout = new ProjectLayout(root);
        var files = connection.Rows("SELECT path, hash FROM files WHERE root = $1 AND (lower(path) LIKE '%.cs' OR lower(path) LIKE '%.csproj' OR lower(path) LIKE '%directory.build.%')", row => (Path: row.GetString(0), Hash: row.GetString(1)), root);
        var projects = files.Where(file => file.Path.EndsWith(".csproj", StringComparison.OrdinalIgnoreCase)).GroupBy(file => DirectoryOf(file.Path)).ToDictionary(group => group.Key, group => group.First().Path);
        var shared = files.Where(file => Path.GetFileName(file.Path).StartsWith("Directory.Build.", StringComparison.Ordinal)).Select(file => file.Path).ToArray();
        var sources = files.Where(file => SourceAnalyzer.IsCSharp(file.Path)).GroupBy(file => Nearest(file.Path, projects));
        foreach (var group in sources)
        {
            var members = group.ToDictionary(file => file.Path, file => file.Hash);
            layout.Projects[group.Key] = layout.Describe(group.Key, projects, shared, members);
            foreach (var path in members.Keys)
            {
                layout._projectOf[path] = group.Key;
            }
        }

        return layout;
    }

    /// <summary>Null for a file that is not in the index.</summary>
    public ProjectSource? Of(string path) => _projectOf.TryGetValue(path, out var directory) ? Projects[directory] : null;

    private ProjectSource Describe(string directory, Dictionary<string, string> projects, string[] shared, Dictionary<string, string> files)
    {
        if (!projects.TryGetValue(directory, out var file))
        {
            return new("loose files", directory, files, [], Implicit);
        }

        // What a project says, and what is said for all in the directories above.
        var documents = shared.Where(path => directory == DirectoryOf(path) || DirectoryOf(path).Length == 0 || directory.StartsWith(DirectoryOf(path) + "/", StringComparison.Ordinal)).Append(file).Select(path => Path.Combine(Root, path)).Concat(AboveRoot()).Select(Load).OfType<XDocument>().ToArray();
        var elements = documents.SelectMany(document => document.Descendants()).ToArray();
        // By the file's name: variables before it mean nothing here.
        var names = elements.Where(element => element.Name.LocalName == "ProjectReference").Select(element => Path.GetFileName(((string?)element.Attribute("Include") ?? "").Replace('\\', '/'))).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var references = projects.Where(other => other.Key != directory && names.Contains(Path.GetFileName(other.Value))).Select(other => other.Key).Order(StringComparer.Ordinal).ToArray();
        var usings = elements.Where(element => element.Name.LocalName == "Using").Select(element => (string?)element.Attribute("Include")).OfType<string>()
            .Concat(elements.Any(element => element.Name.LocalName == "ImplicitUsings" && element.Value.Trim() is "enable" or "true") ? Implicit : [])
            .Concat(documents.Any(document => ((string?)document.Root?.Attribute("Sdk"))?.StartsWith("Microsoft.NET.Sdk.Web", StringComparison.Ordinal) == true) ? ImplicitWeb : []);
        return new(Path.GetFileNameWithoutExtension(file), directory, files, references, [.. usings.Distinct()]) { File = Path.Combine(Root, file), WantsPackages = elements.Any(element => element.Name.LocalName == "PackageReference") };
    }

    private static XDocument? Load(string path)
    {
        try
        {
            using var reader = XmlReader.Create(path, new() { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });
            return XDocument.Load(reader);
        }
        catch (Exception exception) when (exception is XmlException or IOException or UnauthorizedAccessException)
        {
            // A broken project file: its sources are still compiled together.
            return null;
        }
    }

    // A root may be a part of a repository: what holds for it is said further up, to the repository's top.
    private IEnumerable<string> AboveRoot()
    {
        for (var directory = Root; directory is not null && !Path.Exists(Path.Combine(directory, ".git")); directory = Path.GetDirectoryName(directory))
        {
            var parent = Path.GetDirectoryName(directory);
            foreach (var name in (string[])["Directory.Build.props", "Directory.Build.targets"])
            {
                if (parent is not null && File.Exists(Path.Combine(parent, name)))
                {
                    yield return Path.Combine(parent, name);
                }
            }
        }
    }

    private static string Nearest(string path, Dictionary<string, string> projects)
    {
        for (var directory = DirectoryOf(path); directory.Length > 0; directory = DirectoryOf(directory))
        {
            if (projects.ContainsKey(directory))
            {
                return directory;
            }
        }

        return "";
    }

    private static string DirectoryOf(string path) => path.LastIndexOf('/') is > 0 and var at ? path[..at] : "";
}
