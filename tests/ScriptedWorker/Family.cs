using System.Text;

namespace ScriptedWorker;

/// <summary>
/// This process and those that it forks. Each opens nothing of its own: the witness (a FIFO named by WITNESS) was opened by the
/// first and is inherited through fork and exec, and each says its name, run and pid there once it is what it shall be.
/// </summary>
internal sealed class Family(string name, string run, int witness, int parent)
{
    internal static Family FromEnvironment() => new(
        Environment.GetEnvironmentVariable("WORKER_NAME") ?? "nobody",
        Environment.GetEnvironmentVariable("WORKER_INCARNATION") ?? "0",
        Environment.GetEnvironmentVariable("WITNESS") is { Length: > 0 } path ? Native.OpenForAll(path) : -1,
        -1);

    /// <summary>Says to the witness that this process is there.</summary>
    internal void Announce()
    {
        if (witness >= 0)
        {
            // Less than PIPE_BUF: whole or not at all, whoever else writes.
            Native.Write(witness, Encoding.UTF8.GetBytes($"{name} {run} {Native.getpid()}\n"));
        }
    }

    /// <summary>Says to the manager that all are there.</summary>
    internal static void Up() => Native.Write(1, "up\n"u8);

    /// <summary>Forks one that does this, and waits until it and all that it forked announced themselves.</summary>
    internal void Fork(Action<Family> become)
    {
        var (read, write) = Native.Pipe();
        if (Native.fork() == 0)
        {
            Native.close(read);
            become(new(name, run, witness, write));
            Native._exit(0);
        }

        Native.close(write);
        Native.WaitForEnd(read);
        Native.close(read);
    }

    /// <summary>Announces, lets the parent go on, and stays for ever.</summary>
    internal void Stay()
    {
        Announce();
        LetParentGo();
        Native.SleepForEver();
    }

    /// <summary>Nothing more is to be waited for.</summary>
    internal void LetParentGo() => Native.close(parent);

    /// <summary>Announces, and then is another program with no environment, under another name.</summary>
    internal void BecomeAnother(string other)
    {
        Announce();
        Native.Execute("/bin/sleep", other);
    }

    /// <summary>Forks again and is gone.</summary>
    internal static void ForkAway(Action become)
    {
        if (Native.fork() == 0)
        {
            become();
        }

        Native._exit(0);
    }
}
