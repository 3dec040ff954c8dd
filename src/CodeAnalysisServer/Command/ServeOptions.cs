using CodeAnalysisServer.Http;
using CodeAnalysisServer.Vectorization.Embedding;

namespace CodeAnalysisServer;

/// <summary>What <c>serve</c> was asked for, checked: real paths, each root once.</summary>
internal sealed record ServeOptions(IReadOnlyList<string> Roots, string Data, string Urls, EmbeddingChoice Embedding)
{
    /// <summary>Whether an acknowledged write is to survive a power loss too.</summary>
    public bool Durable { get; init; }

    /// <summary>Checks, and makes the data directory.</summary>
    /// <exception cref="UsageException">Something is wrong with it; the message says what to do.</exception>
    public static ServeOptions From(IReadOnlyList<string> roots, string data, string urls, string embedding)
    {
        if (Loopback.Refusal(urls) is { } refusal)
        {
            throw new UsageException(refusal);
        }

        var trees = roots.Select(root => Resolve("--root", root)).Distinct().ToArray();
        if (trees.FirstOrDefault(tree => !Directory.Exists(tree)) is { } absent)
        {
            throw new UsageException(File.Exists(absent) ? $"the root '{absent}' is a file; name a directory" : $"the root '{absent}' does not exist or is not a directory");
        }

        var directory = Resolve("--data", data);
        if (trees.FirstOrDefault(tree => tree == directory || tree.StartsWith(directory + "/", StringComparison.Ordinal)) is { } inside)
        {
            throw new UsageException($"the root '{inside}' lies in the data directory '{directory}', whose own files would be indexed; name another directory with --data, such as '{Path.Combine(inside, ".code-analysis")}'");
        }

        var choice = Choice(embedding);
        Try(choice);
        Make(directory);
        return new(trees, directory, urls, choice);
    }

    /// <summary>What is to make the vectors.</summary>
    /// <exception cref="UsageException">It is unknown.</exception>
    public static EmbeddingChoice Choice(string embedding)
    {
        try
        {
            return EmbeddingChoice.Parse(embedding);
        }
        catch (FormatException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    // A model's file that cannot be used is told here, not by a worker that gives up. An endpoint may be down for now.
    private static void Try(EmbeddingChoice choice)
    {
        try
        {
            choice.Create(key: null, TimeSpan.FromSeconds(1)).Dispose();
        }
        catch (FormatException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    /// <summary>The real path of a directory that an option names.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static string Resolve(string option, string path)
    {
        try
        {
            return path.Length > 0 ? RealPath.Of(path) : throw new UsageException($"{option} is empty; name a directory");
        }
        catch (IOException exception)
        {
            throw new UsageException($"{option} '{path}' cannot be followed: {exception.Message}");
        }
    }

    // Made for the owner alone: the index holds the text of everything in the roots.
    private static void Make(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using var probe = new FileStream(Path.Combine(directory, $".probe-{Environment.ProcessId}"), FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the data directory '{directory}' cannot be made or written: {exception.Message}; name another with --data");
        }
    }
}

/// <summary>Wrong use: told in one line, exit 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
