using System.Diagnostics;
using System.Globalization;

namespace CodeAnalysisServer.Command;

/// <summary>What the machine gives: ctags, inotify.</summary>
internal static class MachineChecks
{
    // A watch for each directory; an instance for each root, and one for each directory above one.
    private const long FewWatches = 65_536, FewInstances = 128;

    public static IEnumerable<Check> All() =>
    [
        Ctags(),
        Limit("inotify watches", "max_user_watches", FewWatches, 524_288),
        Limit("inotify users", "max_user_instances", FewInstances, 1024),
    ];

    private static Check Ctags()
    {
        const string Remedy = "apt install universal-ctags (or your distribution's package of that name)";
        const string Without = "languages other than C# have full text and chunks, but no entities";
        try
        {
            using var ctags = Process.Start(new ProcessStartInfo("ctags", ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = ctags.StandardOutput.ReadToEnd();
            ctags.WaitForExit();
            return !said.Contains("Universal Ctags", StringComparison.Ordinal) ? Check.Warn("ctags", $"another program than Universal Ctags; {Without}", Remedy)
                : !said.Contains("+json", StringComparison.Ordinal) ? Check.Warn("ctags", $"Universal Ctags without JSON output; {Without}", Remedy)
                : Check.Ok("ctags", said.Split('\n', ',')[0].Trim());
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return Check.Warn("ctags", $"not installed; {Without}", Remedy);
        }
    }

    private static Check Limit(string name, string file, long few, long better)
    {
        var path = $"/proc/sys/fs/inotify/{file}";
        if (!File.Exists(path) || !long.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
        {
            return Check.Warn(name, $"'{path}' cannot be read; without inotify the roots are scanned every 10 s", "mount /proc");
        }

        return limit >= few ? Check.Ok(name, $"{limit}") : Check.Warn(name, $"{limit} may be too few for large trees, which are then scanned every 10 s", $"sysctl -w fs.inotify.{file}={better}");
    }
}
