using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

// How a worker is born.
//
// The worker must carry its tag (RLIMIT_LOCKS), sit in its cgroup, have no descriptor of ours and default signals before its
// first instruction runs: later is too late, since it may have forked by then. posix_spawn of the C libraries in use (2.36) can
// set neither the limits nor the cgroup of the child, fork copies our page tables and runs a runtime that has lost its threads,
// and a shim that execs costs a second program start. So we do what posix_spawn itself does: clone(CLONE_VM | CLONE_VFORK) on a
// stack of its own. The child borrows our memory, and this thread sleeps until the child has exec'ed or exited.
//
// What the child may do: system calls on a block of plain numbers and pointers that was filled before. It allocates nothing,
// takes no lock and calls only functions that were bound before the clone (BindChildCalls): marked SuppressGCTransition, they
// are direct calls without bookkeeping. It never returns into managed code: it execs or it exits. The thread's own runtime state
// is as the clone call left it when this thread goes on, because that is written by this thread after the call returns.
//
// All signals are blocked around it, so that no handler of ours runs in the child while it shares our memory (as glibc does).
//
// CLONE_FILES and close_range(CLOSE_RANGE_UNSHARE): the child takes a copy of the first few descriptors only, so that a
// guard with thousands of open pipes pays no more for a spawn than one with ten. Hence the reserved low numbers.

/// <summary>What one child is to be. The pointers must stay valid during the call; strings end with NUL.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct SpawnBlock
{
    /// <summary>Arguments, ending with null; the first is the program's path.</summary>
    public byte** Arguments;

    /// <summary>Environment, ending with null.</summary>
    public byte** Environment;

    /// <summary>Working directory.</summary>
    public byte* Directory;

    /// <summary>The tag; a hard limit of <see cref="ResourceLimit.Infinity"/> sets none.</summary>
    public ResourceLimit Tag;

    /// <summary>Open files: the limits that the worker gets.</summary>
    public ResourceLimit OpenFiles;

    /// <summary>Non-zero: <see cref="Spawning.CgroupSlot"/> is an open <c>cgroup.procs</c> to enter.</summary>
    public int EnterCgroup;

    /// <summary>Non-zero: the child keeps the caller's signal mask. A worker gets an empty one.</summary>
    public int InheritMask;

    /// <summary>Out: which step failed, <see cref="SpawnStep"/>.</summary>
    public int FailedStep;

    /// <summary>Out: why.</summary>
    public int FailedErrno;
}

/// <summary>The steps of a spawn that can fail in the child.</summary>
public enum SpawnStep
{
    /// <summary>None did.</summary>
    None = 0,

    /// <summary>Making the process itself.</summary>
    Clone = 1,

    /// <summary>Unsharing descriptors.</summary>
    Descriptors = 2,

    /// <summary>Setting the tag or another limit.</summary>
    Limits = 3,

    /// <summary>Entering the cgroup.</summary>
    Cgroup = 4,

    /// <summary>Entering the working directory.</summary>
    Directory = 5,

    /// <summary>Executing the program.</summary>
    Execute = 6,
}

/// <summary>Starts children. One thread only, and that thread must live as long as the process.</summary>
public static unsafe partial class Spawning
{
    /// <summary>Reserved descriptor: the child's standard input, <c>/dev/null</c> unless changed.</summary>
    public static int InputSlot { get; private set; }

    /// <summary>Reserved descriptor: the child's standard output.</summary>
    public static int OutputSlot { get; private set; }

    /// <summary>Reserved descriptor: the child's standard error.</summary>
    public static int ErrorSlot { get; private set; }

    /// <summary>Reserved descriptor: the <c>cgroup.procs</c> of the child's cgroup.</summary>
    public static int CgroupSlot { get; private set; }

    private const int StackSize = 64 * 1024;
    private const int CloneVm = 0x100, CloneFiles = 0x400, CloneVfork = 0x4000;
    private const int SetMask = 2;
    private const nint EveryDescriptor = int.MaxValue;

    private const int CloseRange = SystemCalls.CloseRange, FirstOther = 3;

    private static Slots s_slots;
    private static byte* s_stack;
    private static int s_exitGroup;
    private static byte* s_childMask;
    private static byte* s_allSignals;
    private static byte* s_noSignals;
    private static byte* s_defaultAction;
    private static byte* s_changedSignals;
    private static int s_changedCount;

    /// <summary>Occupies the reserved descriptors. To be called before many others are open: the numbers stay low then.</summary>
    public static void ReserveSlots()
    {
        InputSlot = Descriptors.Open("/dev/null", Descriptors.ReadWrite);
        OutputSlot = Descriptors.Copy(InputSlot);
        ErrorSlot = Descriptors.Copy(InputSlot);
        CgroupSlot = Descriptors.Copy(InputSlot);
        s_slots = new() { Input = InputSlot, Output = OutputSlot, Error = ErrorSlot, Cgroup = CgroupSlot, Beyond = Math.Max(InputSlot, CgroupSlot) + 1 };
    }

    /// <summary>Starts one child.</summary>
    /// <returns>Its pid, or -1 with <see cref="SpawnBlock.FailedStep"/> and <see cref="SpawnBlock.FailedErrno"/> set.</returns>
    public static int Spawn(SpawnBlock* block)
    {
        if (s_stack is null)
        {
            Prepare();
        }

        block->FailedStep = 0;
        block->FailedErrno = 0;
        var old = stackalloc byte[Signals.SetSize];
        _ = pthread_sigmask(SetMask, s_allSignals, old);
        s_childMask = block->InheritMask != 0 ? old : s_noSignals;
        var pid = clone(&Child, s_stack + StackSize, CloneVm | CloneVfork | CloneFiles | Signals.Child, block);
        var error = Errno.Last;
        _ = pthread_sigmask(SetMask, old, null);

        if (pid < 0)
        {
            block->FailedStep = (int)SpawnStep.Clone;
            block->FailedErrno = error;
        }
        else if (block->FailedStep != 0)
        {
            // It told its failure before it ended. Nothing of it may be left: its cgroup is to be removed.
            Children.Await(pid);
            pid = -1;
        }

        return pid;
    }

    private struct Slots
    {
        public int Input, Output, Error, Cgroup, Beyond;
    }

    // Compiled whole and once: under a just-in-time runtime nothing may be counted, patched or compiled in the child.
    [UnmanagedCallersOnly]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Child(SpawnBlock* block)
    {
        if (block is null)
        {
            return 0;
        }

        _ = setsid();
        for (var i = 0; i < s_changedCount; i++)
        {
            _ = sigaction(s_changedSignals[i], s_defaultAction, null);
        }

        const int unshare = 2;
        if (syscall(CloseRange, s_slots.Beyond, EveryDescriptor, unshare) != 0
            || dup2(s_slots.Input, 0) < 0 || dup2(s_slots.Output, 1) < 0 || dup2(s_slots.Error, 2) < 0)
        {
            Fail(block, SpawnStep.Descriptors);
        }

        if (block->EnterCgroup != 0)
        {
            var self = (byte)'0';
            if (write(s_slots.Cgroup, &self, 1) != 1)
            {
                Fail(block, SpawnStep.Cgroup);
            }
        }

        if ((block->Tag.Hard != ResourceLimit.Infinity && setrlimit(ResourceLimits.Locks, &block->Tag) != 0)
            || setrlimit(ResourceLimits.OpenFiles, &block->OpenFiles) != 0)
        {
            Fail(block, SpawnStep.Limits);
        }

        _ = syscall(CloseRange, FirstOther, EveryDescriptor, 0);
        if (chdir(block->Directory) != 0)
        {
            Fail(block, SpawnStep.Directory);
        }

        _ = sigprocmask(SetMask, s_childMask, null);
        _ = execve(block->Arguments[0], block->Arguments, block->Environment);
        Fail(block, SpawnStep.Execute);
        return 127;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fail(SpawnBlock* block, SpawnStep step)
    {
        block->FailedErrno = *__errno_location();
        block->FailedStep = (int)step;
        _ = syscall(s_exitGroup, 127, 0, 0);
    }

    private static void Prepare()
    {
        s_allSignals = (byte*)NativeMemory.AllocZeroed(Signals.SetSize);
        s_noSignals = (byte*)NativeMemory.AllocZeroed(Signals.SetSize);
        NativeMemory.Fill(s_allSignals, Signals.SetSize, 0xFF);

        // struct sigaction: all zero is SIG_DFL with no flags; 256 bytes hold it on every platform.
        s_defaultAction = (byte*)NativeMemory.AllocZeroed(256);
        BindChildCalls();
        FindChangedSignals();
        s_exitGroup = SystemCalls.ExitGroup;
        s_stack = (byte*)NativeMemory.AlignedAlloc(StackSize, 4096);
        Rehearse();
    }

    // Only what the runtime handles or ignores is to be reset: a call for each of 64 signals is a tenth of what this side of a spawn costs.
    // The runtime is up by now, and nothing here installs handlers later.
    private static void FindChangedSignals()
    {
        s_changedSignals = (byte*)NativeMemory.AllocZeroed(64);
        var action = stackalloc byte[256];
        for (var signal = 1; signal <= 64; signal++)
        {
            // struct sigaction begins with the handler; SIG_DFL is 0.
            if (sigaction(signal, null, action) == 0 && *(nint*)action != 0)
            {
                s_changedSignals[s_changedCount++] = (byte)signal;
            }
        }
    }

    // First the callback itself, here and for nothing: a just-in-time runtime compiles it on this thread's own stack, whose bounds it
    // knows. Then a child that fails on purpose (there is no directory without a name), to see that the whole works.
    private static void Rehearse()
    {
        delegate* unmanaged<SpawnBlock*, int> child = &Child;
        _ = child(null);
        byte none = 0;
        byte* nothing = null;
        SpawnBlock block = new()
        {
            Arguments = &nothing,
            Environment = &nothing,
            Directory = &none,
            Tag = new(ResourceLimit.Infinity, ResourceLimit.Infinity),
            OpenFiles = ResourceLimits.Get(ResourceLimits.OpenFiles),
        };
        _ = Spawn(&block);
        if ((SpawnStep)block.FailedStep != SpawnStep.Directory)
        {
            throw new PosixException(block.FailedErrno, $"start processes on this machine (step {(SpawnStep)block.FailedStep} of a rehearsal)");
        }
    }

    // Calls each function once with arguments that change nothing, so that its address is bound before the child needs it.
    // (setsid fails in a process that leads its group; keeper and guard lead sessions of their own already.)
    private static void BindChildCalls()
    {
        byte none = 0;
        _ = setsid();
        _ = sigaction(0, null, null);
        _ = syscall(-1, 0, 0, 0);
        _ = dup2(-1, -1);
        _ = write(-1, &none, 0);
        _ = setrlimit(-1, null);
        _ = chdir(&none);
        _ = sigprocmask(SetMask, null, null);
        _ = execve(&none, null, null);
        _ = __errno_location();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clone(delegate* unmanaged<SpawnBlock*, int> function, void* stackTop, int flags, SpawnBlock* argument);

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, byte* set, byte* old);

    [LibraryImport("libc"), SuppressGCTransition]
    private static partial int sigprocmask(int how, byte* set, byte* old);

    [LibraryImport("libc"), SuppressGCTransition]
    private static partial int setsid();

    [LibraryImport("libc"), SuppressGCTransition]
    private static partial int sigaction(int signal, byte* action, byte* old);

    [LibraryImport("libc"), SuppressGCTransition]
    private static partial nint syscall(nint number, nint first, nint second, nint third);

    [LibraryImport("libc"), SuppressGCTransition]
    private static partial int dup2(int source, int target);

    [LibraryImport("libc"), SuppressGCTransition]
    private static partial nint write(int descriptor, byte* data, nint count);

    [LibraryImport("libc"), SuppressGCTransition]
    private static partial int setrlimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc"), SuppressGCTransition]
    private static partial int chdir(byte* path);

    [LibraryImport("libc"), SuppressGCTransition]
    private static partial int execve(byte* path, byte** arguments, byte** environment);

    [LibraryImport("libc"), SuppressGCTransition]
    private static partial int* __errno_location();
}
