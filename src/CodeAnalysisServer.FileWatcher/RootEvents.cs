using System.Threading.Channels;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>
/// inotify over one root, through <see cref="FileSystemWatcher"/>, as touches in a channel. The nearest directory above that is there
/// is watched too, for the root's own coming and going. Where inotify does not suffice the tree is scanned from time to time.
/// </summary>
internal sealed class RootEvents : IDisposable
{
    private static readonly TimeSpan Rescan = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RescanWithoutEvents = TimeSpan.FromSeconds(10);

    private readonly string _root;
    private readonly SourceTree _tree;
    private readonly ChannelWriter<Touch> _touches;
    private readonly Timer _timer;
    private FileSystemWatcher? _below;
    private FileSystemWatcher? _above;

    public RootEvents(string root, SourceTree tree, ChannelWriter<Touch> touches)
    {
        (_root, _tree, _touches) = (root, tree, touches);
        _timer = new(_ => _touches.TryWrite(new Touch.Tree()), null, Rescan, Rescan);
        Arm();
    }

    /// <summary>Watches what is there now.</summary>
    public void Arm()
    {
        _below?.Dispose();
        _above?.Dispose();
        (_below, _above) = (null, null);
        _timer.Change(Rescan, Rescan);
        try
        {
            WatchAbove();
            if (Directory.Exists(_root))
            {
                WatchBelow();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            WithoutEvents(exception);
        }
    }

    public void Dispose()
    {
        _below?.Dispose();
        _above?.Dispose();
        _timer.Dispose();
    }

    private void WatchBelow()
    {
        _below = new(_root) { IncludeSubdirectories = true, InternalBufferSize = 64 * 1024, NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size };
        _below.Changed += (_, change) => Touched(change.FullPath);
        _below.Created += (_, change) => Touched(change.FullPath);
        _below.Deleted += (_, change) => Touched(change.FullPath);
        _below.Renamed += (_, change) =>
        {
            Touched(change.OldFullPath);
            Touched(change.FullPath);
        };
        _below.Error += (_, error) =>
        {
            if (error.GetException() is InternalBufferOverflowException)
            {
                _touches.TryWrite(new Touch.Tree());
            }
            else if (Directory.Exists(_root))
            {
                WithoutEvents(error.GetException());
                _touches.TryWrite(new Touch.Tree());
            }
        };
        _below.EnableRaisingEvents = true;
    }

    private void WatchAbove()
    {
        var (parent, child) = (Path.GetDirectoryName(_root), _root);
        while (parent is not null && !Directory.Exists(parent))
        {
            (parent, child) = (Path.GetDirectoryName(parent), parent);
        }

        if (parent is null)
        {
            return;
        }

        void Look(string? name)
        {
            if (name == Path.GetFileName(child))
            {
                _touches.TryWrite(new Touch.Root());
            }
        }

        _above = new(parent) { NotifyFilter = NotifyFilters.DirectoryName };
        _above.Created += (_, change) => Look(change.Name);
        _above.Deleted += (_, change) => Look(change.Name);
        _above.Renamed += (_, change) =>
        {
            Look(change.OldName);
            Look(change.Name);
        };
        _above.EnableRaisingEvents = true;
    }

    private void Touched(string full)
    {
        if (full.Length > _root.Length && !_tree.IsOutOfBounds(full))
        {
            _touches.TryWrite(new Touch.Entry(Path.GetRelativePath(_root, full)));
        }
    }

    private void WithoutEvents(Exception exception)
    {
        Console.Error.WriteLine($"changes in '{_root}' are not all told by the kernel ({exception.Message}); it is scanned every {RescanWithoutEvents.TotalSeconds:0} s instead. If inotify's limits are too low, raise fs.inotify.max_user_watches and fs.inotify.max_user_instances with sysctl");
        _timer.Change(RescanWithoutEvents, RescanWithoutEvents);
    }
}
