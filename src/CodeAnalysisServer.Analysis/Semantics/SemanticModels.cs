using System.Data.Common;
using CodeAnalysisServer.Analysis.Semantics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CodeAnalysisServer.Analysis;

/// <summary>
/// What has been parsed and compiled to answer questions. A project's compilation is kept and brought up to date by the files that
/// changed; those used longest ago go when all together hold too much text. Thread-safe; one for the whole process.
/// </summary>
/// <param name="mostCharacters">How much source text may be kept. A question that needs more gets it, and keeps nothing.</param>
public sealed class SemanticModels(long mostCharacters = SemanticModels.MostCharacters)
{
    /// <summary>The default: with syntax trees and symbols, some hundred megabytes.</summary>
    public const long MostCharacters = 16 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Root, string Directory), CompiledProject> _projects = [];
    private readonly RestoredPackages _packages = new();
    private long _clock;

    /// <summary>Source text that is kept now, in characters.</summary>
    public long Characters
    {
        get
        {
            lock (_lock)
            {
                return _projects.Values.Sum(project => project.Characters);
            }
        }
    }

    /// <summary>The projects of a root as they are indexed now, compiled on demand.</summary>
    internal SemanticSession Open(DbConnection connection, string root) => new(this, ProjectLayout.Read(connection, root));

    /// <summary>A project's compilation with those that it references. Callers take turns: each one uses all processors.</summary>
    /// <param name="done">Those of the same question so far, by directory.</param>
    internal CSharpCompilation Compile(ProjectLayout layout, ProjectSource source, Dictionary<string, CSharpCompilation> done, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var compilation = Compile(layout, source, done, [], cancellationToken);
            foreach (var oldest in _projects.OrderBy(project => project.Value.Used).ToArray())
            {
                if (_projects.Values.Sum(project => project.Characters) <= mostCharacters)
                {
                    break;
                }

                _projects.Remove(oldest.Key);
            }

            return compilation;
        }
    }

    private CSharpCompilation Compile(ProjectLayout layout, ProjectSource source, Dictionary<string, CSharpCompilation> done, HashSet<string> under, CancellationToken cancellationToken)
    {
        if (done.TryGetValue(source.Directory, out var already))
        {
            return already;
        }

        under.Add(source.Directory);
        var references = new List<MetadataReference>();
        foreach (var directory in Closure(layout, source))
        {
            // A circle of references is no project that builds; it is cut here.
            if (!under.Contains(directory))
            {
                references.Add(Compile(layout, layout.Projects[directory], done, under, cancellationToken).ToMetadataReference());
            }
        }

        under.Remove(source.Directory);
        if (PackagesOf(source) is { } packages)
        {
            references.AddRange(packages.References);
            layout.Notes.UnionWith(packages.Notes);
        }

        var key = (layout.Root, source.Directory);
        if (!_projects.TryGetValue(key, out var project))
        {
            _projects[key] = project = new CompiledProject(layout.Root);
        }

        project.Used = ++_clock;
        return done[source.Directory] = project.Update(source, layout.Projects.Values.Select(other => other.Name), references, cancellationToken);
    }

    private PackageReferences? PackagesOf(ProjectSource source) => source.File is { } file ? _packages.Of(file, source.WantsPackages, CompiledProject.Provided) : null;

    // References are transitive, as the SDK makes them.
    private static IEnumerable<string> Closure(ProjectLayout layout, ProjectSource source)
    {
        var all = new HashSet<string>();
        var rest = new Stack<string>(source.References);
        while (rest.TryPop(out var next))
        {
            if (next != source.Directory && layout.Projects.TryGetValue(next, out var project) && all.Add(next))
            {
                foreach (var further in project.References)
                {
                    rest.Push(further);
                }
            }
        }

        return all.Order(StringComparer.Ordinal);
    }
}
