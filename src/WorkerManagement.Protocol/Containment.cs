namespace WorkerManagement;

/// <summary>What finds all members of a worker, in falling strength. Reported, never assumed.</summary>
public enum Containment
{
    /// <summary>Nothing to contain: the worker has no process of its own.</summary>
    None = 0,

    /// <summary>Children of the subreaper, by <c>/proc</c>: registered workers, and the last resort.</summary>
    Descendants = 1,

    /// <summary>The inherited RLIMIT_LOCKS tag.</summary>
    Tag = 2,

    /// <summary>A cgroup v2 directory of the worker's own, ended with <c>cgroup.kill</c>.</summary>
    Cgroup = 3,
}
