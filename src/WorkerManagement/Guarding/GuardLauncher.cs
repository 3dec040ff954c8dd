using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using WorkerManagement.Posix.Procfs;
using WorkerManagement.Specs;

namespace WorkerManagement.Guarding;

/// <summary>Finds the guard's executable and starts the keeper, whose standard input is the lifeline.</summary>
internal static class GuardLauncher
{
    /// <summary>Both sides must come from one build: this is the library's version.</summary>
    internal static string Version { get; } =
        typeof(GuardLauncher).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>How long leftovers of an earlier manager may take to go after SIGTERM.</summary>
    private const int SweepGraceMilliseconds = 2000;

    /// <summary>The guard that would be used, or an exception that says where it was looked for.</summary>
    internal static string Find(WorkerManagerOptions options)
    {
        var chosen = Environment.GetEnvironmentVariable("WORKERS_GUARD") is { Length: > 0 } fromEnvironment ? fromEnvironment : options.GuardPath;
        var path = chosen is null ? Beside(AppContext.BaseDirectory, RuntimeInformation.ProcessArchitecture) : Path.GetFullPath(chosen);
        if (!File.Exists(path))
        {
            throw new WorkerManagementException(
                $"the guard '{path}' is missing; build with the project or package WorkerManagement, which puts it there, or name it in WORKERS_GUARD or {nameof(WorkerManagerOptions)}.{nameof(WorkerManagerOptions.GuardPath)}");
        }

        if ((File.GetUnixFileMode(path) & SpecCheck.AnyExecute) == 0)
        {
            if (chosen is not null)
            {
                throw new WorkerManagementException($"the guard '{path}' is not executable; chmod +x it, or unset WORKERS_GUARD to use the one beside the program");
            }

            // Packages are unpacked without the executable bit by some restores.
            MakeExecutable(path);
        }

        return path;
    }

    /// <summary>The guard beside a program: that of its architecture, where there are several, as packages bring them.</summary>
    internal static string Beside(string directory, Architecture architecture)
    {
        var guards = Path.Combine(directory, "guard");
        var own = Path.Combine(guards, $"linux-{architecture.ToString().ToLowerInvariant()}", "workers-guard");
        return File.Exists(own) ? own : Path.Combine(guards, "workers-guard");
    }

    /// <summary>Starts the keeper. Its standard output says <c>ready</c>, or <c>error</c> and why.</summary>
    internal static Process Start(WorkerManagerOptions options, string stateDirectory)
    {
        var program = Find(options);
        var own = ProcStat.TryRead(Environment.ProcessId)
            ?? throw new WorkerManagementException("cannot read /proc/self/stat; mount /proc (mount -t proc proc /proc), the manager cannot identify processes without it");
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        foreach (var argument in (ReadOnlySpan<string>)
        [
            "keeper",
            stateDirectory,
            Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
            own.StartTime.ToString(CultureInfo.InvariantCulture),
            Strongest(options),
            SweepGraceMilliseconds.ToString(CultureInfo.InvariantCulture),
            Version,
        ])
        {
            start.ArgumentList.Add(argument);
        }

        // A notify socket of our own parent is not the workers' business.
        start.Environment.Remove("NOTIFY_SOCKET");
        try
        {
            return Process.Start(start) ?? throw new WorkerManagementException($"the guard '{program}' did not start");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new WorkerManagementException($"cannot start the guard '{program}': {exception.Message}; check its mode and that its file system is not mounted noexec", exception);
        }
    }

    private static string Strongest(WorkerManagerOptions options) =>
        Environment.GetEnvironmentVariable("WORKERS_CONTAINMENT")?.ToLowerInvariant() switch
        {
            null or "" or "auto" when options.Containment is { } chosen and not Containment.None => chosen.ToString().ToLowerInvariant(),
            null or "" or "auto" => "cgroup",
            "cgroup" => "cgroup",
            "tag" => "tag",
            "descendants" => "descendants",
            var other => throw new WorkerManagementException($"WORKERS_CONTAINMENT is '{other}'; use auto, cgroup, tag or descendants"),
        };

    private static void MakeExecutable(string path)
    {
        try
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | SpecCheck.AnyExecute);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw new WorkerManagementException($"the guard '{path}' is not executable and this user may not change that ({exception.Message}); chmod +x it", exception);
        }
    }
}
