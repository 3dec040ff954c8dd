using System.Globalization;
using System.Text;
using WorkerManagement.Posix;

namespace WorkerManagement.Cli.Doctor;

/// <summary>The state directory: whether it can be made and written, by whom it can be read, and how much room there is.</summary>
internal static class DirectoryChecks
{
    private const long Little = 500_000_000, Nothing = 5_000_000;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static IEnumerable<Check> All(string state)
    {
        var there = state;
        while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } above)
        {
            there = above;
        }

        return [Writable(state, there), Permissions(state), SocketPath(state), Disk(there), Clock(state)];
    }

    private static Check Writable(string state, string there)
    {
        const string name = "state directory";
        if (File.Exists(state))
        {
            return Check.Fail(name, $"'{state}' is a file", "name another directory with --state-dir or WORKERS_STATE_DIR");
        }

        // By doing: modes, ownership, a read-only file system and a full disk all show.
        var probe = Path.Combine(there, $".workers-doctor-{Environment.ProcessId}");
        try
        {
            File.WriteAllText(probe, "x");
            File.Delete(probe);
            return Check.Ok(name, state == there ? $"'{state}' can be written" : $"'{state}' is not there yet, and can be made");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Check.Fail(name, $"'{there}' cannot be written: {exception.Message}", $"chown {Environment.UserName} '{there}' && chmod u+rwx '{there}', or name another directory with --state-dir");
        }
    }

    private static Check Permissions(string state)
    {
        const string name = "permissions";
        if (!Directory.Exists(state))
        {
            return Check.Ok(name, "it will be made for this user alone");
        }

        var mode = File.GetUnixFileMode(state);
        return (mode & Others) == 0 ? Check.Ok(name, "this user's alone")
            : Check.Warn(name, $"others may enter '{state}' (mode {Convert.ToString((int)mode, 8)})", $"chmod 700 '{state}' (workers run does it, too)");
    }

    private static Check SocketPath(string state) => Encoding.UTF8.GetByteCount(state) + 24 <= UnixSockets.MaximumPathBytes
        ? Check.Ok("socket path", "short enough for a socket")
        : Check.Ok("socket path", $"longer than a socket's may be: sockets go to a directory of their own below '{Path.GetTempPath()}'");

    private static Check Disk(string there)
    {
        var free = new DriveInfo(there).AvailableFreeSpace;
        return JudgeDisk(free);
    }

    /// <summary>What so much room allows.</summary>
    internal static Check JudgeDisk(long free)
    {
        var room = string.Create(CultureInfo.InvariantCulture, $"{free / 1e6:0} MB free");
        const string remedy = "free space (du -x / | sort -n | tail), or lower logs: { maximum_size, files } in the configuration";
        return free < Nothing ? Check.Fail("disk", $"{room}: output of workers is dropped, and the state cannot be kept", remedy)
            : free < Little ? Check.Warn("disk", $"{room}: one worker alone may write 50 MB of logs", remedy)
            : Check.Ok("disk", room);
    }

    // Times of exits and of log files are of the wall clock: one that went back makes them lie.
    private static Check Clock(string state)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var newest = Directory.Exists(state) ? Directory.EnumerateFiles(state).Select(File.GetLastWriteTimeUtc).DefaultIfEmpty(now).Max() : now;
        return newest > now.AddMinutes(1)
            ? Check.Warn("clock", string.Create(CultureInfo.InvariantCulture, $"it went back: a file here is of {newest:yyyy-MM-dd HH:mm:ss} UTC, now is {now:yyyy-MM-dd HH:mm:ss}"), "timedatectl set-ntp true (or start chrony)")
            : Check.Ok("clock", string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-dd HH:mm:ss} UTC, later than every file here"));
    }
}
