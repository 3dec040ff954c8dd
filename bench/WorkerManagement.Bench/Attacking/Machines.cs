using System.Diagnostics;

namespace WorkerManagement.Bench.Attacking;

/// <summary>Workers that write: those of one type, started for the while.</summary>
internal sealed class Writing : Attack
{
    private readonly RunningCommand _command;
    private readonly string[] _names;
    private readonly Witness _told;

    internal Writing(RunningCommand command, IEnumerable<string> names, Witness told)
    {
        (_command, _names, _told) = (command, [.. names], told);
        foreach (var name in _names)
        {
            _ = command.Post($"/v1/workers/{name}/start");
            Done();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var name in _names)
        {
            _ = _command.Post($"/v1/workers/{name}/stop");
        }

        _ = _told.Next(_names.Length);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>The directory of the logs on a file system that is full, or read-only.</summary>
internal sealed class BadDisk : Attack
{
    private readonly string _directory;

    internal BadDisk(string directory, bool full)
    {
        _directory = directory;
        Run("mount", "-t", "tmpfs", "-o", "size=64k", "workers-bench", directory);
        if (full)
        {
            Fill(Path.Combine(directory, "fill"));
        }
        else
        {
            Run("mount", "-o", "remount,ro", directory);
        }

        Done();
    }

    public override async ValueTask DisposeAsync()
    {
        // The manager has files open there.
        Run("umount", "--lazy", _directory);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private static void Fill(string file)
    {
        try
        {
            File.WriteAllBytes(file, new byte[1 << 20]);
        }
        catch (IOException)
        {
            // Full: what was wanted.
        }
    }

    private static void Run(string program, params string[] words)
    {
        using var process = Process.Start(program, words);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{program} {string.Join(' ', words)}' ended with {process.ExitCode}");
        }
    }
}

/// <summary>The directory of the logs taken away.</summary>
internal sealed class NoDirectory : Attack
{
    internal NoDirectory(string directory)
    {
        Directory.Delete(directory, recursive: true);
        Done();
    }
}

/// <summary>Nothing but processes that take every core: what any program suffers beside them, as a yardstick.</summary>
internal sealed class Burning : Attack
{
    private readonly Process[] _burning = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Process.Start(Machine.Limit, ["burn"]))];

    internal Burning() => Done();

    public override async ValueTask DisposeAsync()
    {
        foreach (var process in _burning)
        {
            process.Kill();
            await process.WaitForExitAsync().ConfigureAwait(false);
            process.Dispose();
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }
}
