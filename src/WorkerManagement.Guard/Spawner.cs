using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;
using WorkerManagement.Wire;

namespace WorkerManagement.Guard;

/// <summary>Turns a Spawn message into a running leader. Arguments and environment are used where they lie in the message.</summary>
internal sealed unsafe class Spawner(GuardContext context)
{
    /// <summary>Why the last spawn failed, for the operator.</summary>
    internal string Failure { get; private set; } = "";

    /// <summary>Cgroups were refused for a reason that will not go away: from now on the tag alone contains.</summary>
    internal bool CgroupsRefused { get; private set; }

    private delegate T Starter<out T>(long incarnation, string name, IReadOnlyList<LadderStep> ladder, SpawnBlock* block);

    /// <summary>Starts a run; null with <see cref="Failure"/> when it cannot be.</summary>
    internal Run? TrySpawn(ReadOnlyMemory<byte> message) => Read(message, Start);

    /// <summary>Starts one more process in a run that exists, its output thrown away. Its pid, or -1 with <see cref="Failure"/>.</summary>
    internal int TryJoin(ReadOnlyMemory<byte> message) => Read(message, Join);

    private static T Read<T>(ReadOnlyMemory<byte> message, Starter<T> start)
    {
        var reader = new FrameReader(message.Span);
        var incarnation = reader.Int64();
        if (incarnation <= 0)
        {
            throw new FrameException($"incarnation {incarnation}: it must be positive");
        }

        var name = reader.Text();
        var directoryOffset = message.Length - reader.Remaining + 4;
        _ = reader.TextZ();
        var ladder = reader.Ladder();
        var offsets = Offsets(ref reader, message.Length, out var argumentCount);
        reader.End();
        if (argumentCount == 0)
        {
            throw new FrameException("a spawn without a program");
        }

        using var pinned = message.Pin();
        var first = (byte*)pinned.Pointer;
        fixed (int* offset = offsets)
        {
            var block = new SpawnBlock();
            var vector = (byte**)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)(offsets.Length + 2), (nuint)sizeof(byte*));
            try
            {
                var next = 0;
                block.Arguments = vector;
                for (var i = 0; i < offsets.Length; i++)
                {
                    if (i == argumentCount)
                    {
                        vector[next++] = null;
                        block.Environment = vector + next;
                    }

                    vector[next++] = first + offset[i];
                }

                if (offsets.Length == argumentCount)
                {
                    vector[next++] = null;
                    block.Environment = vector + next;
                }

                vector[next] = null;
                block.Directory = first + directoryOffset;
                return start(incarnation, name, ladder, &block);
            }
            finally
            {
                System.Runtime.InteropServices.NativeMemory.Free(vector);
            }
        }
    }

    private Run? Start(long incarnation, string name, IReadOnlyList<LadderStep> ladder, SpawnBlock* block)
    {
        Limit(incarnation, block);
        int output = -1, error = -1, outputEnd = -1, errorEnd = -1;
        try
        {
            (output, outputEnd) = Descriptors.PipeToPoll();
            (error, errorEnd) = Descriptors.PipeToPoll();
            if (!Room.IsLeftAfter(errorEnd))
            {
                throw Room.None("make the pipes of one more worker");
            }

            Descriptors.Duplicate(outputEnd, Spawning.OutputSlot, closeOnExec: true);
            Descriptors.Duplicate(errorEnd, Spawning.ErrorSlot, closeOnExec: true);
            block->EnterCgroup = EnterCgroup(incarnation) ? 1 : 0;
            var pid = Spawning.Spawn(block);
            if (pid > 0)
            {
                var run = new Run(incarnation, name, ladder)
                {
                    Pid = pid,
                    StartTime = ProcStat.TryRead(pid)?.StartTime ?? 0,
                    HasCgroup = block->EnterCgroup != 0,
                    OutputDescriptor = output,
                    ErrorDescriptor = error,
                };
                output = error = -1;
                return run;
            }

            Failure = Explain((SpawnStep)block->FailedStep, block->FailedErrno, block);
        }
        catch (PosixException exception)
        {
            Failure = exception.Message;
        }
        finally
        {
            Descriptors.Close(output);
            Descriptors.Close(error);
            Descriptors.Close(outputEnd);
            Descriptors.Close(errorEnd);
            // The slots must not hold the write ends open: the readers would never see the end.
            Descriptors.Reserve(Spawning.InputSlot, Spawning.OutputSlot);
            Descriptors.Reserve(Spawning.InputSlot, Spawning.ErrorSlot);
            Descriptors.Reserve(Spawning.InputSlot, Spawning.CgroupSlot);
        }

        context.Cgroups?.Remove(incarnation);
        return null;
    }

    private int Join(long incarnation, string name, IReadOnlyList<LadderStep> ladder, SpawnBlock* block)
    {
        Limit(incarnation, block);
        try
        {
            block->EnterCgroup = context.Cgroups is { } cgroups && !CgroupsRefused && Enter(cgroups, incarnation) ? 1 : 0;
            var pid = Spawning.Spawn(block);
            Failure = pid > 0 ? "" : Explain((SpawnStep)block->FailedStep, block->FailedErrno, block);
            return pid;
        }
        catch (PosixException exception)
        {
            Failure = exception.Message;
            return -1;
        }
        finally
        {
            Descriptors.Reserve(Spawning.InputSlot, Spawning.CgroupSlot);
        }
    }

    private void Limit(long incarnation, SpawnBlock* block)
    {
        block->Tag = context.InstanceTag == 0
            ? new(ResourceLimit.Infinity, ResourceLimit.Infinity)
            : new((ulong)incarnation, context.InstanceTag);
        block->OpenFiles = context.WorkerFiles;
    }

    private bool EnterCgroup(long incarnation)
    {
        if (context.Cgroups is not { } cgroups || CgroupsRefused)
        {
            return false;
        }

        return cgroups.Make(incarnation) ? Enter(cgroups, incarnation) : throw new PosixException(Descriptors.LastError, $"make the cgroup of run {incarnation}");
    }

    private static bool Enter(CgroupTree cgroups, long incarnation)
    {
        var entry = cgroups.OpenProcs(incarnation);
        if (entry < 0)
        {
            throw new PosixException(Descriptors.LastError, $"enter the cgroup of run {incarnation}");
        }

        Descriptors.Duplicate(entry, Spawning.CgroupSlot, closeOnExec: true);
        Descriptors.Close(entry);
        return true;
    }

    private string Explain(SpawnStep step, int errno, SpawnBlock* block)
    {
        static string Text(byte* text) => System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)text) is not { Length: > 512 } whole
            ? System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)text) ?? "" : whole[..512] + "…";
        if (step == SpawnStep.Cgroup)
        {
            CgroupsRefused = true;
            Output.Log($"this machine's cgroups take no process ({Errno.Describe(errno)}): from now on the tag alone contains");
        }

        var what = step switch
        {
            SpawnStep.Directory => $"enter the directory '{Text(block->Directory)}'",
            SpawnStep.Execute => $"execute '{Text(block->Arguments[0])}'",
            SpawnStep.Cgroup => "enter the worker's cgroup",
            SpawnStep.Limits => "set the worker's limits",
            SpawnStep.Descriptors => "set up the worker's standard input and output",
            _ => "make a process",
        };
        return new PosixException(errno, what).Message;
    }

    // Where each argument and then each environment entry begins in the message.
    private static int[] Offsets(ref FrameReader reader, int length, out int argumentCount)
    {
        argumentCount = reader.Count(Frame.MaximumCount, 5);
        var offsets = new List<int>(argumentCount + 64);
        Add(ref reader, argumentCount, length, offsets);
        var environmentCount = reader.Count(Frame.MaximumCount, 5);
        Add(ref reader, environmentCount, length, offsets);
        return [.. offsets];
    }

    private static void Add(ref FrameReader reader, int count, int length, List<int> offsets)
    {
        for (var i = 0; i < count; i++)
        {
            offsets.Add(length - reader.Remaining + 4);
            _ = reader.TextZ();
        }
    }
}
