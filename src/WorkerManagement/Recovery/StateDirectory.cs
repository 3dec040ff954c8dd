using System.Globalization;
using System.Text;
using WorkerManagement.Posix;

namespace WorkerManagement.Recovery;

/// <summary>The state directory while this manager owns it: private, locked, with the counter of incarnations.</summary>
internal sealed class StateDirectory : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int Block = 1000;

    private readonly int _lock;
    private long _next;
    private long _reserved;

    private StateDirectory(string path, int descriptor)
    {
        (Path, _lock) = (path, descriptor);
        LogDirectory = System.IO.Path.Combine(path, "logs");
        Directory.CreateDirectory(LogDirectory, Private);
        SocketDirectory = ChooseSocketDirectory();
        RemoveSockets();
        _next = ReadCounter();
        _reserved = _next;
    }

    public string Path { get; }

    public string LogDirectory { get; }

    /// <summary>Where sockets with a path go: the state directory, or a private one of its own among the temporary files when its path is too long for a socket.</summary>
    public string SocketDirectory { get; }

    /// <summary>Makes the directory if need be and takes it.</summary>
    /// <exception cref="WorkerManagementException">A live manager owns it, or it cannot be used.</exception>
    public static StateDirectory Take(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!OperatingSystem.IsLinux())
        {
            throw new WorkerManagementException("the guard needs pidfds, signalfd and subreapers, which only Linux has; run the program there (a container will do)");
        }

        try
        {
            Directory.CreateDirectory(path, Private);
            if ((File.GetUnixFileMode(path) & ~Private) != 0)
            {
                File.SetUnixFileMode(path, Private);
            }

            var file = System.IO.Path.Combine(path, "lock");
            var descriptor = Descriptors.Open(file, Descriptors.ReadWrite | Descriptors.Create, 0x180);
            if (!Descriptors.Lock(descriptor, wait: false))
            {
                // Not through File: .NET would try to lock it too.
                Span<byte> owner = stackalloc byte[32];
                var length = Math.Max(0, Descriptors.ReadAt(descriptor, owner, 0));
                Descriptors.Close(descriptor);
                throw new WorkerManagementException(
                    $"the state directory '{path}' belongs to a running manager, process {Encoding.UTF8.GetString(owner[..length]).Trim()}; stop that one first, or name another directory (--state-dir, WORKERS_STATE_DIR)");
            }

            Descriptors.Truncate(descriptor, 0);
            _ = Descriptors.Write(descriptor, Encoding.UTF8.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"));
            return new(path, descriptor);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PosixException)
        {
            throw new WorkerManagementException($"the state directory '{path}' cannot be used: {exception.Message}; give a directory that this user may write (--state-dir, WORKERS_STATE_DIR)", exception);
        }
    }

    /// <summary>
    /// A number that no run of this directory had before, whatever was killed meanwhile: blocks are reserved on disk first. Where the
    /// disk refuses, numbers are given out all the same and the reservation is tried again with the next one: a full disk must not
    /// keep a worker down. <see cref="Failure"/> then says so.
    /// </summary>
    public long NextIncarnation()
    {
        if (++_next > _reserved)
        {
            Reserve(_next + Block);
        }

        return _next;
    }

    /// <summary>Why the counter of incarnations cannot be kept; null while it can.</summary>
    public string? Failure { get; private set; }

    /// <summary>Runs that ended while no manager was there, as the guard wrote them; read once. Records that cannot be read stay for the next manager.</summary>
    public IReadOnlyList<string> TakeExitRecords()
    {
        var file = ExitRecord.FileIn(Path);
        try
        {
            var lines = File.ReadAllLines(file);
            File.Delete(file);
            return lines;
        }
        catch (FileNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Failure = exception.Message;
            return [];
        }
    }

    public void Dispose()
    {
        // What cleans temporary files may have been there before.
        if (SocketDirectory != Path && Directory.Exists(SocketDirectory))
        {
            Directory.Delete(SocketDirectory, recursive: true);
        }

        Descriptors.Close(_lock);
    }

    // A killed manager's, one for each run that it had: numbers of runs never come again, so nobody else would ever remove them.
    private void RemoveSockets()
    {
        foreach (var socket in Directory.EnumerateFiles(Path, "n*.sock").Where(file => System.IO.Path.GetFileName(file)[1..^".sock".Length].All(char.IsAsciiDigit)).ToArray())
        {
            File.Delete(socket);
        }
    }

    private string CounterFile => System.IO.Path.Combine(Path, "incarnation");

    private void Reserve(long upTo)
    {
        var file = CounterFile;
        try
        {
            File.WriteAllText(file + ".new", upTo.ToString(CultureInfo.InvariantCulture));
            File.Move(file + ".new", file, overwrite: true);
            (_reserved, Failure) = (upTo, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Failure = exception.Message;
        }
    }

    private long ReadCounter() =>
        File.Exists(CounterFile) && long.TryParse(File.ReadAllText(CounterFile), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private string ChooseSocketDirectory()
    {
        if (Encoding.UTF8.GetByteCount(Path) + 24 <= UnixSockets.MaximumPathBytes)
        {
            return Path;
        }

        // A name that nobody can have taken before (mkdtemp). Where it was is noted, so that a killed manager's is removed by the next.
        var note = System.IO.Path.Combine(Path, "sockets.path");
        if (File.Exists(note) && File.ReadAllText(note).Trim() is { Length: > 1 } earlier && Directory.Exists(earlier))
        {
            Directory.Delete(earlier, recursive: true);
        }

        var directory = Directory.CreateTempSubdirectory("workers-").FullName;
        File.WriteAllText(note, directory);
        return directory;
    }
}
