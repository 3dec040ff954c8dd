using WorkerManagement.Posix;

namespace WorkerManagement.Guard;

/// <summary>What does not change while a guard lives.</summary>
internal sealed record GuardContext(
    GuardArguments Arguments,
    Containment Containment,
    string? ContainmentNote,
    CgroupTree? Cgroups,
    ulong InstanceTag,
    ResourceLimit WorkerFiles,
    int KeeperPid,
    IReadOnlyList<(int Pid, string Name, bool Killed)> Leftovers);
