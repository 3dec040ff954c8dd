using System.Text.RegularExpressions;

namespace WorkerManagement.Specs;

/// <summary>What can be known to be wrong with a spec before anything is started.</summary>
internal static partial class SpecCheck
{
    private const int MaximumSteps = 16;

    /// <summary>Whoever may execute a file: one of these bits makes it a program.</summary>
    internal const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The longest that a timer is asked to wait.</summary>
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(1);

    /// <summary>Checks a spec and finds its programs.</summary>
    /// <exception cref="WorkerManagementException">Something is wrong; the message names worker, field and remedy.</exception>
    public static Programs Resolve(WorkerSpec spec)
    {
        Refuse(Mistake(spec));
        CheckReady(spec);
        var directory = DirectoryOf(spec);
        Refuse(!Directory.Exists(directory) ? $"worker '{spec.Name}': its directory '{directory}' does not exist; make it or name another" : null);
        var probe = (spec.Ready as ReadinessProbe.Command)?.Arguments ?? [];
        return new([Find(spec, spec.Command[0], directory), .. spec.Command.Skip(1)], probe.Count == 0 ? [] : [Find(spec, probe[0], directory), .. probe.Skip(1)], directory);
    }

    // A start of a thousand makes no message that nobody reads.
    private static string? Mistake(WorkerSpec spec) =>
        !NamePattern().IsMatch(spec.Name) ? $"the name '{spec.Name}' is not usable: 1 to 64 letters, digits, '-', '_', '.' or '@', not beginning with '.'" :
        spec.Command.Count == 0 || spec.Command[0].Length == 0 ? $"worker '{spec.Name}' has no command; give a program and its arguments, such as [\"/usr/bin/env\", \"true\"]" :
        spec.Command.Any(argument => argument.Contains('\0', StringComparison.Ordinal)) ? $"worker '{spec.Name}': an argument contains a NUL character, which no program can be given; remove it" :
        spec.Stop.Count > MaximumSteps ? $"worker '{spec.Name}': its stop has {spec.Stop.Count} steps; {MaximumSteps} are the most" :
        spec.Stop.Any(step => step.Signal is < 0 or 9 or > 64 || step.Wait < TimeSpan.Zero || step.Wait > TimeSpan.FromDays(1)) ? $"worker '{spec.Name}': a stop step needs a signal other than KILL (which always follows) and a wait from 0 to 1 day" :
        spec.Intensity.Restarts < 0 || spec.Intensity.Within <= TimeSpan.Zero ? $"worker '{spec.Name}': intensity needs restarts of 0 or more within a positive time" :
        spec.Backoff.Initial < TimeSpan.Zero || spec.Backoff.Maximum < spec.Backoff.Initial ? $"worker '{spec.Name}': backoff needs 0 ≤ initial ≤ maximum" :
        spec.Backoff.Maximum > LongestTime || spec.Intensity.Within > TimeSpan.FromDays(365) ? $"worker '{spec.Name}': its backoff may be 1 day at most, and its intensity's time 365 days" :
        spec.Watchdog is { } silence && (silence <= TimeSpan.Zero || silence > LongestTime) ? $"worker '{spec.Name}': watchdog needs a time above 0, 1 day at most" :
        spec.Environment.Any(pair => pair.Key.Length == 0 || pair.Key.AsSpan().ContainsAny('=', '\0') || pair.Value.Contains('\0', StringComparison.Ordinal)) ? $"worker '{spec.Name}': an entry of its environment cannot be given: its name is empty or contains '=' or NUL, or a value contains NUL; rename or remove it" :
        null;

    private static void CheckReady(WorkerSpec spec)
    {
        Refuse(spec.Ready is { } probe && (probe.Timeout <= TimeSpan.Zero || probe.Timeout > LongestTime || probe.Interval <= TimeSpan.Zero || probe.Interval > LongestTime) ? $"worker '{spec.Name}': ready needs a timeout above 0, 1 day at most" : null);
        switch (spec.Ready)
        {
            case ReadinessProbe.Tcp tcp:
                Refuse(tcp.Host.Length == 0 || tcp.Port is < 1 or > 65535 ? $"worker '{spec.Name}': ready needs a host and a port from 1 to 65535" : null);
                break;
            case ReadinessProbe.Http { Address: var address }:
                Refuse(!address.IsAbsoluteUri || address.Scheme is not ("http" or "https") ? $"worker '{spec.Name}': ready needs an address such as http://127.0.0.1:8000/" : null);
                break;
            case ReadinessProbe.Command command:
                Refuse(command.Arguments.Count == 0 || command.Arguments.Any(argument => argument.Contains('\0', StringComparison.Ordinal)) ? $"worker '{spec.Name}': the command of ready is empty or contains NUL; give a program and its arguments" : null);
                break;
            case ReadinessProbe.LogLine { Pattern: var pattern }:
                try
                {
                    _ = Logs.LineWatch.PatternOf(pattern);
                }
                catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
                {
                    throw new WorkerManagementException($"worker '{spec.Name}': the pattern '{pattern}' of ready cannot be used: {exception.Message}; lookarounds and backreferences are not supported", exception);
                }

                break;
        }
    }

    private static string DirectoryOf(WorkerSpec spec)
    {
        try
        {
            return Path.GetFullPath(spec.Directory ?? ".");
        }
        catch (FileNotFoundException exception)
        {
            throw new WorkerManagementException($"worker '{spec.Name}': the manager's working directory was removed; give the worker a directory by its full path", exception);
        }
        catch (ArgumentException exception)
        {
            throw new WorkerManagementException($"worker '{spec.Name}': its directory is empty or contains NUL; name one, or leave it out for the manager's own", exception);
        }
    }

    private static string Find(WorkerSpec spec, string program, string directory)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            var path = Path.GetFullPath(program, directory);
            var file = new FileInfo(path);
            Refuse(file.Exists ? null : Directory.Exists(path) ? $"worker '{spec.Name}': '{path}' is a directory, not a program; name the file to run" : $"worker '{spec.Name}': the program '{path}' does not exist; correct its path, or install it");
            Refuse((file.UnixFileMode & AnyExecute) == 0 ? $"worker '{spec.Name}': '{path}' is not executable; chmod +x it, or name its interpreter first" : null);
            return path;
        }

        var search = spec.Environment.GetValueOrDefault("PATH") ?? Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
        return search.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, program)).FirstOrDefault(path => File.Exists(path) && IsExecutable(path))
            ?? throw new WorkerManagementException($"worker '{spec.Name}': there is no program '{program}' in PATH ({search}); give its full path");
    }

    private static bool IsExecutable(string path) => (File.GetUnixFileMode(path) & AnyExecute) != 0;

    private static void Refuse(string? mistake)
    {
        if (mistake is not null)
        {
            throw new WorkerManagementException(mistake);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_@-][A-Za-z0-9_.@-]{0,63}\z")]
    private static partial Regex NamePattern();
}

/// <summary>Program (absolute) and arguments of a worker and of its command probe, which is empty without one; and the directory (absolute) of both.</summary>
internal sealed record Programs(string[] Worker, string[] Probe, string Directory);
