namespace WorkerManagement.Guarding;

/// <summary>Who guards, as told at the start.</summary>
internal sealed record GuardInfo(int GuardPid, int KeeperPid, string Kind, Containment Containment, string? ContainmentNote, IReadOnlyList<Leftover> Leftovers);

/// <summary>A process of an earlier manager of this state directory, found and ended before anything was started.</summary>
internal sealed record Leftover(int Pid, string Name, bool Killed);
