using System.Data.Common;
using CodeAnalysisServer.Analysis.Semantics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CodeAnalysisServer.Analysis;

/// <summary>
/// What has been parsed and compiled to answer questions. A project's compilation is kept and brought up to date by the files that
/// changed; those used longest ago go when all together hold too much text. While one question follows the other more is kept, so that a large
/// project is compiled once for all of them. Thread-safe; one for the whole process.
/// </summary>
public sealed class SemanticModels : IDisposable
{
    /// <summary>The default of what is kept at rest: with syntax trees and symbols, some hundred megabytes.</summary>
    public const long MostCharacters = 16 * 1024 * 1024;

    /// <summary>After so long without a question it is rest.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    // So many times as much while questions come.
    private const int Busy = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Root, string Directory), CompiledProject> _projects = [];
    private readonly RestoredPackages _packages = new();
    private readonly long _mostCharacters;
    private readonly Action? _letGo;
    private readonly ITimer _resting;
    private long _clock;

    /// <param name="mostCharacters">How much source text is kept at rest, in characters. A question that needs more than four times as much gets it, and keeps nothing.</param>
    /// <param name="letGo">Called when rest has let something go.</param>
    /// <param name="time">The clock; the system's unless given.</param>
    public SemanticModels(long mostCharacters = MostCharacters, Action? letGo = null, TimeProvider? time = null)
    {
        (_mostCharacters, _letGo) = (mostCharacters, letGo);
        _resting = (time ?? TimeProvider.System).CreateTimer(_ => OnRest(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

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
            try
            {
                return Compile(layout, source, done, [], cancellationToken);
            }
            finally
            {
                _ = KeepOnly(_mostCharacters * Busy);
                _resting.Change(Rest, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _resting.Dispose();

    private void OnRest()
    {
        // Somebody asks just now: its end begins the rest anew.
        if (!_lock.TryEnter())
        {
            return;
        }

        bool less;
        try
        {
            less = KeepOnly(_mostCharacters);
        }
        finally
        {
            _lock.Exit();
        }

        if (less)
        {
            _letGo?.Invoke();
        }
    }

    // Those used longest ago go first. Whether one went.
    private bool KeepOnly(long characters)
    {
        var before = _projects.Count;
        foreach (var oldest in _projects.OrderBy(project => project.Value.Used).ToArray())
        {
            if (_projects.Values.Sum(project => project.Characters) <= characters)
            {
                break;
            }

            _projects.Remove(oldest.Key);
        }

        return _projects.Count < before;
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
