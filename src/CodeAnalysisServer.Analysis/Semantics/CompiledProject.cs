using System.Collections.Concurrent;
using System.Text;
using CodeAnalysisServer.Analysis.CSharp;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CodeAnalysisServer.Analysis.Semantics;

/// <summary>One project's compilation, brought from one state of the index to the next by the files that differ. Not thread-safe.</summary>
internal sealed class CompiledProject(string root)
{
    private static readonly CSharpParseOptions Options = new(LanguageVersion.Preview, DocumentationMode.Parse);
    private static readonly Lazy<IReadOnlyList<string>> FrameworkFiles = new(FindFramework);
    private static readonly Lazy<IReadOnlyList<MetadataReference>> Framework = new(() => [.. FrameworkFiles.Value.Select(file => MetadataReference.CreateFromFile(file))]);
    private static readonly Lazy<HashSet<string>> FrameworkNames = new(() => FrameworkFiles.Value.Select(file => Path.GetFileName(file)).ToHashSet(StringComparer.OrdinalIgnoreCase));

    private readonly Dictionary<string, (string Hash, SyntaxTree Tree)> _trees = [];
    private CSharpCompilation? _compilation;
    private SyntaxTree? _common;
    private IReadOnlyList<MetadataReference> _references = [];
    private string _commonText = "";

    /// <summary>File names of the assemblies that every project is compiled against.</summary>
    public static IReadOnlySet<string> Provided => FrameworkNames.Value;

    /// <summary>When it was used last, as a count.</summary>
    public long Used { get; set; }

    /// <summary>Of all its sources.</summary>
    public long Characters { get; private set; }

    public CSharpCompilation Update(ProjectSource source, IEnumerable<string> friends, IReadOnlyList<MetadataReference> references, CancellationToken cancellationToken)
    {
        var compilation = _compilation ?? CSharpCompilation.Create(source.Name, options: new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable, concurrentBuild: true));
        var gone = _trees.Keys.Where(path => !source.Files.ContainsKey(path)).ToArray();
        var changed = new ConcurrentDictionary<string, (string Hash, SyntaxTree Tree)>();
        Parallel.ForEach(
            source.Files.Where(file => !_trees.TryGetValue(file.Key, out var known) || known.Hash != file.Value),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken },
            file => changed[file.Key] = (file.Value, CSharpSyntaxTree.ParseText(Text(file.Key), Options, file.Key, Encoding.UTF8)));
        // A compilation of which nothing changed stays itself, with all that it has bound.
        if (gone.Length > 0 || !changed.IsEmpty)
        {
            compilation = compilation.RemoveSyntaxTrees([.. gone.Concat(changed.Keys.Where(_trees.ContainsKey)).Select(path => _trees[path].Tree)])
                .AddSyntaxTrees(changed.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => file.Value.Tree));
        }

        // What the SDK generates, and access for everybody: the question is what is meant, not whether it is allowed.
        var common = string.Concat(source.Usings.Select(space => $"global using {space};\n")) + string.Concat(friends.Where(friend => friend != source.Name).Order(StringComparer.Ordinal).Distinct().Select(friend => $"[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"{friend}\")]\n"));
        if (_common is null || _commonText != common)
        {
            compilation = _common is null ? compilation : compilation.RemoveSyntaxTrees(_common);
            (_common, _commonText) = (CSharpSyntaxTree.ParseText(common, Options, cancellationToken: cancellationToken), common);
            compilation = compilation.AddSyntaxTrees(_common);
        }

        if (_compilation is null || !Same(references))
        {
            compilation = compilation.WithReferences(Framework.Value.Concat(references));
            _references = references;
        }

        foreach (var path in gone)
        {
            _trees.Remove(path);
        }

        foreach (var (path, file) in changed)
        {
            _trees[path] = file;
        }

        Characters = _trees.Values.Sum(file => (long)file.Tree.Length);
        return _compilation = compilation;
    }

    private bool Same(IReadOnlyList<MetadataReference> references) => _references.Count == references.Count
        && _references.Zip(references).All(pair => ReferenceEquals(pair.First, pair.Second) || (pair.First is CompilationReference first && pair.Second is CompilationReference second && ReferenceEquals(first.Compilation, second.Compilation)));

    private string Text(string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, path)) is var text && Nesting.IsSane(text) ? text : "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Gone since it was indexed; its rows are about to go too.
            return "";
        }
    }

    // Of the running runtime, not of this program: its own assemblies may be the very sources that are asked about.
    private static List<string> FindFramework()
    {
        var core = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var web = Path.Combine(core, "..", "..", "Microsoft.AspNetCore.App");
        var directories = new List<string> { core };
        if (Directory.Exists(web) && Directory.EnumerateDirectories(web).Order(StringComparer.Ordinal).LastOrDefault() is { } newest)
        {
            directories.Add(Path.Combine(web, Path.GetFileName(core)) is var same && Directory.Exists(same) ? same : newest);
        }

        return [.. directories.SelectMany(directory => Directory.EnumerateFiles(directory, "*.dll")).DistinctBy(Path.GetFileName)];
    }
}
