using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Command;

/// <summary>The data directory and the index in it.</summary>
internal static class DataChecks
{
    private const long Little = 1L << 30, TooLittle = 100L << 20;

    // SQLite's log needs shared memory between processes, which these do not give.
    private static readonly string[] Remote = ["nfs", "nfs4", "cifs", "smb2", "smbfs", "9p", "fuse.sshfs", "ceph"];

    public static IEnumerable<Check> All(string data) => Directory.Exists(data) ? [DirectoryOf(data), Disk(data), Database(data)] : [Check.Ok("data", $"'{data}' does not exist yet; serve and index make it")];

    private static Check DirectoryOf(string data)
    {
        try
        {
            using var probe = new FileStream(Path.Combine(data, $".probe-{Environment.ProcessId}"), FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Check.Fail("data", $"'{data}' cannot be written: {exception.Message}", $"chown {Environment.UserName} '{data}', or name another directory with --data");
        }

        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        return (File.GetUnixFileMode(data) & Others) != 0
            ? Check.Warn("data", $"'{data}' is open to others, and the index holds the text of everything in the roots", $"chmod 700 '{data}'")
            : Check.Ok("data", $"'{data}', private");
    }

    private static Check Disk(string data)
    {
        var drive = new DriveInfo(data);
        var (free, format) = (drive.AvailableFreeSpace, drive.DriveFormat);
        return Remote.Contains(format) ? Check.Fail("disk", $"{format} is a file system of another machine, on which SQLite's log does not work", "name a directory on a local disk with --data")
            : free < TooLittle ? Check.Fail("disk", $"{free >> 20} MiB free", $"free some space on the disk of '{data}', or name another with --data")
            : free < Little ? Check.Warn("disk", $"{free >> 20} MiB free; an index takes about five times the size of its sources", $"free some space on the disk of '{data}'")
            : Check.Ok("disk", $"{free >> 30} GiB free, {format}");
    }

    private static Check Database(string data)
    {
        try
        {
            using var connection = Schema.TryOpenForReading(data);
            if (connection is null)
            {
                return Check.Ok("database", "none yet");
            }

            var version = (long)connection.Scalar("PRAGMA user_version")!;
            return version > Schema.Version ? Check.Fail("database", $"version {version}, which is newer than this program's {Schema.Version}", "use the newer program, or another --data")
                : version < Schema.Version ? Check.Warn("database", $"version {version}, this program's is {Schema.Version}", $"code-analysis-server index --data '{data}'")
                : connection.Scalar("PRAGMA quick_check") is "ok" ? Check.Ok("database", $"version {version}, whole")
                : Check.Fail("database", "damaged", "restart the server: it sets a damaged index aside and rebuilds it");
        }
        catch (SqliteException exception)
        {
            return Check.Fail("database", exception.Message, "restart the server: it sets a damaged index aside and rebuilds it");
        }
    }
}
