using System.Text.RegularExpressions;

namespace WorkerManagement.Specs;

/// <summary>What can be known to be wrong with a spec before anything is started.</summary>
internal static partial class SpecCheck
{
    private const int MaximumSteps = 16;

    /// <summary>Checks a spec and finds its programs.</summary>
    /// <exception cref="WorkerManagementException">Something is wrong; the message names worker, field and remedy.</exception>
    public static Programs Resolve(WorkerSpec spec)
    {
        Refuse(!NamePattern().IsMatch(spec.Name), $"the name '{spec.Name}' is not usable: 1 to 64 letters, digits, '-', '_', '.' or '@', not beginning with '.'");
        Refuse(spec.Command.Count == 0 || spec.Command[0].Length == 0, $"worker '{spec.Name}' has no command; give a program and its arguments, such as [\"/usr/bin/env\", \"true\"]");
        Refuse(spec.Command.Any(argument => argument.Contains('\0', StringComparison.Ordinal)), $"worker '{spec.Name}': an argument contains a NUL character, which no program can be given");
        Refuse(spec.Stop.Count > MaximumSteps, $"worker '{spec.Name}': its stop has {spec.Stop.Count} steps; {MaximumSteps} are the most");
        Refuse(spec.Stop.Any(step => step.Signal is < 0 or 9 or > 64 || step.Wait < TimeSpan.Zero || step.Wait > TimeSpan.FromDays(1)), $"worker '{spec.Name}': a stop step needs a signal other than KILL (which always follows) and a wait from 0 to 1 day");
        Refuse(spec.Intensity.Restarts < 0 || spec.Intensity.Within <= TimeSpan.Zero, $"worker '{spec.Name}': intensity needs restarts of 0 or more within a positive time");
        Refuse(spec.Backoff.Initial < TimeSpan.Zero || spec.Backoff.Maximum < spec.Backoff.Initial, $"worker '{spec.Name}': backoff needs 0 ≤ initial ≤ maximum");
        var directory = spec.Directory is null ? Environment.CurrentDirectory : Path.GetFullPath(spec.Directory);
        Refuse(!Directory.Exists(directory), $"worker '{spec.Name}': its directory '{directory}' does not exist; make it or name another");
        var probe = (spec.Ready as ReadinessProbe.Command)?.Arguments ?? [];
        Refuse(spec.Ready is ReadinessProbe.Command && (probe.Count == 0 || probe.Any(argument => argument.Contains('\0', StringComparison.Ordinal))), $"worker '{spec.Name}': its readiness command is empty or contains a NUL character");
        Refuse(spec.Environment.Any(entry => entry.Key.Length == 0 || entry.Key.Contains('=', StringComparison.Ordinal) || (entry.Key + entry.Value).Contains('\0', StringComparison.Ordinal)), $"worker '{spec.Name}': an environment variable has no name, a '=' in its name, or a NUL character");
        return new([Find(spec, spec.Command[0], directory), .. spec.Command.Skip(1)], probe.Count == 0 ? [] : [Find(spec, probe[0], directory), .. probe.Skip(1)]);
    }

    private static string Find(WorkerSpec spec, string program, string directory)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            var path = Path.GetFullPath(program, directory);
            Refuse(Directory.Exists(path), $"worker '{spec.Name}': '{path}' is a directory, not a program");
            Refuse(!File.Exists(path), $"worker '{spec.Name}': the program '{path}' does not exist");
            Refuse(!IsExecutable(path), $"worker '{spec.Name}': '{path}' is not executable; chmod +x it, or name its interpreter first");
            return path;
        }

        var search = spec.Environment.GetValueOrDefault("PATH") ?? Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
        return search.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, program)).FirstOrDefault(path => File.Exists(path) && IsExecutable(path))
            ?? throw new WorkerManagementException($"worker '{spec.Name}': there is no program '{program}' in PATH ({search}); give its full path");
    }

    private static bool IsExecutable(string path) =>
        (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    private static void Refuse(bool wrong, string message)
    {
        if (wrong)
        {
            throw new WorkerManagementException(message);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_@-][A-Za-z0-9_.@-]{0,63}\z")]
    private static partial Regex NamePattern();
}

/// <summary>Program (absolute) and arguments of a worker and of its command probe; the second is empty without one.</summary>
internal sealed record Programs(string[] Worker, string[] Probe);
