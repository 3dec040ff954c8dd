using System.Data.Common;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace CodeAnalysisServer.Command;

/// <summary>The data directory and the index in it.</summary>
internal static class DataChecks
{
    private const long Little = 1L << 30, TooLittle = 100L << 20;

    // SQLite's log needs shared memory between processes, which these do not give.
    private static readonly string[] Remote = ["nfs", "nfs4", "cifs", "smb2", "smbfs", "9p", "fuse.sshfs", "ceph"];

    public static IEnumerable<Check> All(string data)
    {
        if (!Directory.Exists(data))
        {
            return [File.Exists(data) ? Check.Fail("data", $"'{data}' is a file", "name a directory with --data") : Check.Ok("data", $"'{data}' does not exist yet; serve and index make it")];
        }

        // Who may not even look into it learns nothing about what is in it.
        var directory = DirectoryOf(data);
        return IsOpen(data) ? [directory, Disk(data), Database(data)] : [directory];
    }

    private static bool IsOpen(string data)
    {
        try
        {
            _ = Directory.EnumerateFileSystemEntries(data).Any();
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

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
        var mend = $"code-analysis-server index --root DIR --data '{data}' (with each DIR that is served; where a server runs, stop it and start it again instead)";
        try
        {
            using var connection = ChosenDatabase.In(data).TryOpenForReading();
            if (connection is null)
            {
                return Check.Ok("database", "none yet");
            }

            var version = Dialect.Of(connection).VersionOf(connection);
            return version > Schema.Version ? Check.Fail("database", $"version {version}, which is newer than this program's {Schema.Version}", "use the newer program, or another --data")
                : version < Schema.Version ? Check.Warn("database", $"version {version}, this program's is {Schema.Version}", $"{mend}: the old one is kept in 'backups'")
                : connection is not SqliteConnection ? Check.Ok("database", $"version {version}, in {ChosenDatabase.In(data).Place}")
                : connection.Scalar("PRAGMA quick_check") is "ok" ? Check.Ok("database", $"version {version}, whole")
                : Check.Fail("database", "damaged", $"{mend}: a damaged index is set aside and built again");
        }
        catch (NpgsqlException exception)
        {
            return Check.Fail("database", ChosenDatabase.In(data).Told(exception), $"start PostgreSQL, or correct {ChosenDatabase.Variable}");
        }
        catch (DbException exception)
        {
            return Check.Fail("database", exception.Message, $"{mend}: a damaged index is set aside and built again");
        }
    }
}
