namespace CodeAnalysisServer.FileWatcher;

/// <summary>What a root's watcher is to look at.</summary>
internal abstract record Touch
{
    private Touch()
    {
    }

    /// <summary>One path below the root.</summary>
    public sealed record Entry(string Path) : Touch;

    /// <summary>The whole tree; files whose size and time are as indexed are taken as unchanged.</summary>
    public sealed record Tree : Touch;

    /// <summary>The whole tree, each file by its content: somebody asked for it.</summary>
    public sealed record Wanted : Touch;

    /// <summary>The root came or went: what watches it is of no use any more.</summary>
    public sealed record Root : Touch;

    /// <summary>Repair doubts some rows.</summary>
    public sealed record Doubts : Touch;
}
