namespace WorkerManagement.Posix;

/// <summary>Standard input, output and error of a program that may have been started without them (<c>2&gt;&amp;-</c>).</summary>
public static class StandardStreams
{
    /// <summary>
    /// Makes the closed ones <c>/dev/null</c>, for which the program executes itself once more. A closed number is taken by the first file that
    /// the runtime opens, and what is then written to standard error goes into that: it reads it as signals, and aborts. To be called first of all.
    /// </summary>
    public static void OpenThoseClosed()
    {
        var closed = false;
        for (var number = 0; number <= 2; number++)
        {
            if (Descriptors.IsInherited(number))
            {
                continue;
            }

            var nothing = Descriptors.TryOpen("/dev/null", Descriptors.ReadWrite);
            if (nothing < 0)
            {
                return;
            }

            closed = true;
            if (nothing == number)
            {
                Descriptors.ClearCloseOnExec(number);
                continue;
            }

            // Takes the runtime's own file away, which nobody misses in the next moment.
            Descriptors.Duplicate(nothing, number, closeOnExec: false);
            Descriptors.Close(nothing);
        }

        if (closed)
        {
            ProcessControl.Execute(Environment.ProcessPath ?? "/proc/self/exe", File.ReadAllText("/proc/self/cmdline").Split('\0')[..^1]);
        }
    }
}
