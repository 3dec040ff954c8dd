using System.Buffers.Text;
using System.Text;
using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Guard;

/// <summary>
/// The cgroup v2 directories of one state directory: one for the instance, one in it a run. No controller is switched on; they
/// only hold processes together. After one <c>cgroup.kill</c> some kernels (6.18) kill for ever what is cloned into the
/// directory, so each run gets a directory of its own, which is removed after it.
/// </summary>
internal sealed class CgroupTree
{
    private readonly string _root;
    private readonly byte[] _path; // The root, and room for what is below it: a thousand runs need no thousand strings. The guard has one thread.
    private readonly int _rootLength;

    private CgroupTree(string root)
    {
        (_root, _path) = (root, [.. Encoding.UTF8.GetBytes(root), (byte)'/', .. new byte[64]]);
        _rootLength = _path.Length - 64;
    }

    /// <summary>Finds where this process may make cgroups, by doing it; null with the reason when it may not.</summary>
    internal static CgroupTree? TryFind(string stateDirectory, out string? reason)
    {
        if (FindMount() is not { } mount)
        {
            reason = "no cgroup v2 hierarchy is mounted; mount one (mount -t cgroup2) for the strongest containment";
            return null;
        }

        var root = $"{mount}{OwnPath()}/workers-{InstanceTag.HashOf(stateDirectory):x12}".Replace("//", "/", StringComparison.Ordinal);
        var tree = new CgroupTree(root);
        if (!Descriptors.TryMakeDirectory(root, 0x1ED) && Descriptors.LastError != Errno.EEXIST)
        {
            reason = $"cannot make '{root}': {Errno.Describe(Descriptors.LastError)}; delegate a cgroup to this user (systemd: Delegate=yes)";
            return null;
        }

        if (!tree.Make(0) || !tree.Kill(0))
        {
            reason = $"cannot use cgroup.kill in '{root}': {Errno.Describe(Descriptors.LastError)}; Linux 5.14 or later is needed";
            return null;
        }

        tree.Remove(0);
        reason = null;
        return tree;
    }

    internal bool Make(long run) => Descriptors.TryMakeDirectory(PathZ(run, []), 0x1ED);

    /// <summary>Removes the run's directory. The kernel does so only if no process is in it or below it, and no directory is below it; so true says that it is empty.</summary>
    internal bool Remove(long run) => Descriptors.TryRemoveDirectory(PathZ(run, [])) || Descriptors.LastError == Errno.ENOENT;

    /// <summary>The file through which a process enters; -1 with errno on failure.</summary>
    internal int OpenProcs(long run) => Descriptors.TryOpen(PathZ(run, "/cgroup.procs"u8), Descriptors.WriteOnly);

    /// <summary>A descriptor that reports EPOLLPRI when the directory becomes empty; -1 with errno on failure.</summary>
    internal int OpenEvents(long run) => Descriptors.TryOpen(PathZ(run, "/cgroup.events"u8), Descriptors.ReadOnly);

    /// <summary>Reads cgroup.events through its descriptor: until then the kernel goes on reporting the change.</summary>
    internal static void Acknowledge(int events)
    {
        Span<byte> buffer = stackalloc byte[128];
        _ = Descriptors.ReadAt(events, buffer, 0);
    }

    internal bool Kill(long run) => Write(run, "/cgroup.kill"u8, "1"u8);

    internal bool IsPopulated(long run)
    {
        Span<byte> buffer = stackalloc byte[128];
        var text = ProcFile.Read(PathZ(run, "/cgroup.events"u8), buffer);
        return text.IsEmpty ? Exists(run) : text.IndexOf("populated 1"u8) >= 0;
    }

    // What cannot be read (no descriptor left) is not empty: only a directory that does not exist is.
    private bool Exists(long run)
    {
        var directory = Descriptors.TryOpen(PathZ(run, []), Descriptors.ReadOnly);
        var missing = directory < 0 && Descriptors.LastError == Errno.ENOENT;
        Descriptors.Close(directory);
        return !missing;
    }

    /// <summary>The live members, those of cgroups that members made below included.</summary>
    internal List<int> Members(long run)
    {
        var members = new List<int>();
        Collect(PathOf(run), members);
        return members;
    }

    /// <summary>The runs that have a directory here, of whatever guard.</summary>
    internal List<long> Runs()
    {
        var runs = new List<long>();
        try
        {
            foreach (var path in Directory.EnumerateDirectories(_root))
            {
                if (long.TryParse(Path.GetFileName(path), out var run))
                {
                    runs.Add(run);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nothing was ever made, or another guard of the same directory just removed it.
        }

        return runs;
    }

    internal void KillAll()
    {
        foreach (var run in Runs())
        {
            Kill(run);
        }
    }

    /// <summary>Removes the runs' directories that are empty.</summary>
    internal void RemoveRuns()
    {
        foreach (var run in Runs())
        {
            RemoveBelow(PathOf(run));
        }
    }

    /// <summary>Removes everything that is empty, the instance's own directory last.</summary>
    internal void RemoveAll()
    {
        RemoveRuns();
        Descriptors.TryRemoveDirectory(_root);
    }

    /// <summary>Removes a run's directory and those that its members made in it.</summary>
    internal void RemoveWhole(long run)
    {
        if (!Remove(run))
        {
            RemoveBelow(PathOf(run));
        }
    }

    private static void RemoveBelow(string path)
    {
        if (Descriptors.TryRemoveDirectory(path) || !Directory.Exists(path))
        {
            return;
        }

        try
        {
            foreach (var inner in Directory.EnumerateDirectories(path))
            {
                RemoveBelow(inner);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A member made it unreadable. Whatever is left is empty, and removed at the end or by the next start if it can be.
        }

        Descriptors.TryRemoveDirectory(path);
    }

    private static void Collect(string path, List<int> members)
    {
        try
        {
            foreach (var line in File.ReadLines($"{path}/cgroup.procs"))
            {
                if (int.TryParse(line, out var pid) && pid > 0)
                {
                    members.Add(pid);
                }
            }

            foreach (var inner in Directory.EnumerateDirectories(path))
            {
                Collect(inner, members);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It went while it was read, or a member made it unreadable. Killing and settling do not depend on this list.
        }
    }

    private bool Write(long run, ReadOnlySpan<byte> file, ReadOnlySpan<byte> text)
    {
        var descriptor = Descriptors.TryOpen(PathZ(run, file), Descriptors.WriteOnly);
        if (descriptor < 0)
        {
            return false;
        }

        var written = Descriptors.Write(descriptor, text);
        Descriptors.Close(descriptor);
        return written == text.Length;
    }

    private string PathOf(long run) => $"{_root}/{run}";

    // NUL-terminated; good until the next call.
    private ReadOnlySpan<byte> PathZ(long run, ReadOnlySpan<byte> below)
    {
        _ = Utf8Formatter.TryFormat(run, _path.AsSpan(_rootLength), out var digits);
        var end = _rootLength + digits;
        below.CopyTo(_path.AsSpan(end));
        _path[end + below.Length] = 0;
        return _path.AsSpan(0, end + below.Length + 1);
    }

    // Line of /proc/self/mountinfo: ... mount-point options - cgroup2 ...
    private static string? FindMount()
    {
        foreach (var line in File.ReadLines("/proc/self/mountinfo"))
        {
            var dash = line.IndexOf(" - cgroup2 ", StringComparison.Ordinal);
            if (dash > 0)
            {
                return line.Split(' ')[4];
            }
        }

        return null;
    }

    // Line "0::/path" of /proc/self/cgroup.
    private static string OwnPath()
    {
        foreach (var line in File.ReadLines("/proc/self/cgroup"))
        {
            if (line.StartsWith("0::", StringComparison.Ordinal))
            {
                return line[3..].TrimEnd('/');
            }
        }

        return "";
    }
}
