namespace WorkerManagement;

/// <summary>
/// Which process is meant. A pid alone is never an identity: the kernel gives it to another process later.
/// </summary>
/// <param name="Pid">The process id.</param>
/// <param name="StartTime">Clock ticks after boot at which it started: field 22 of <c>/proc/PID/stat</c>, <c>proc_pid_stat(5)</c>.</param>
/// <param name="BootId">The contents of <c>/proc/sys/kernel/random/boot_id</c>.</param>
public readonly record struct ProcessIdentity(int Pid, ulong StartTime, Guid BootId);
