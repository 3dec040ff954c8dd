using System.Diagnostics;
using System.Globalization;
using CodeAnalysisServer.Analysis.Ctags;
using WorkerManagement.Posix;

namespace CodeAnalysisServer.Command;

/// <summary>What the machine gives: ctags, inotify, open files.</summary>
internal static class MachineChecks
{
    // A watch for each directory; an instance for each root, and one for each directory above one.
    private const long FewWatches = 65_536, FewInstances = 128;

    // The runtime's own, the index and its readers, and some for each worker and connection.
    private const ulong FewFiles = 512;

    public static IEnumerable<Check> All() =>
    [
        Ctags(),
        OpenFiles(),
        Limit("inotify watches", "max_user_watches", FewWatches, 524_288),
        Limit("inotify users", "max_user_instances", FewInstances, 1024),
    ];

    // As the file watcher looks for it, so that both find the same one.
    private static Check Ctags() => CtagsInstallation.Find(Environment.GetEnvironmentVariable("PATH")) switch
    {
        CtagsInstallation.Found(var path, var version) => Check.Ok("ctags", $"{path}, {version}"),
        CtagsInstallation.Missing(var why) => Check.Warn("ctags", $"{why.Split(';')[0]}; languages other than C# have full text and chunks, but no entities", "apt-get install universal-ctags (or your distribution's package of that name), then restart the file_watcher worker"),
        _ => throw new UnreachableException(),
    };

    private static Check OpenFiles()
    {
        var limit = ResourceLimits.Get(ResourceLimits.OpenFiles).Hard;
        return limit >= FewFiles ? Check.Ok("open files", limit == ulong.MaxValue ? "without limit" : $"{limit}")
            : Check.Fail("open files", $"a process may have only {limit} open, and the server needs {FewFiles}", $"ulimit -Hn {FewFiles} (or prlimit --nofile, or LimitNOFILE= of its unit)");
    }

    private static Check Limit(string name, string file, long few, long better)
    {
        var path = $"/proc/sys/fs/inotify/{file}";
        if (!File.Exists(path) || !long.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
        {
            return Check.Warn(name, $"'{path}' cannot be read; without inotify the roots are scanned every 10 s", "mount -t proc proc /proc");
        }

        return limit >= few ? Check.Ok(name, $"{limit}") : Check.Warn(name, $"{limit} may be too few for large trees, which are then scanned every 10 s", $"sysctl -w fs.inotify.{file}={better}");
    }
}
