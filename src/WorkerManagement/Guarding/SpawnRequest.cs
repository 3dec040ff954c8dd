namespace WorkerManagement.Guarding;

/// <summary>What the guard needs to start one run of a worker.</summary>
/// <param name="Incarnation">The run; also its tag.</param>
/// <param name="Name">For messages and the cgroup's name.</param>
/// <param name="Arguments">Program (absolute, or found in PATH by the manager) and arguments.</param>
/// <param name="Environment">The whole environment, as <c>KEY=value</c>.</param>
/// <param name="Directory">The working directory, absolute.</param>
/// <param name="Ladder">How the guard stops it when the manager is gone.</param>
internal sealed record SpawnRequest(
    long Incarnation,
    string Name,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<string> Environment,
    string Directory,
    IReadOnlyList<LadderStep> Ladder);
