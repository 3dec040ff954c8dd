using System.ComponentModel;
using System.Diagnostics;

namespace CodeAnalysisServer.Analysis.Ctags;

/// <summary>Universal Ctags on this machine: where it is and what it can do.</summary>
public abstract record CtagsInstallation
{
    private const string Remedy = "install Universal Ctags (Debian: apt-get install universal-ctags) and restart the file_watcher worker; until then files other than C# are searched as text only";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private CtagsInstallation()
    {
    }

    /// <summary>There.</summary>
    /// <param name="Path">The program.</param>
    /// <param name="Version">Such as <c>5.9.0</c>.</param>
    public sealed record Found(string Path, string Version) : CtagsInstallation;

    /// <summary>Not there, or of no use; <paramref name="Why"/> says what to do.</summary>
    public sealed record Missing(string Why) : CtagsInstallation;

    /// <summary>Looks in the directories of a PATH.</summary>
    public static CtagsInstallation Find(string? searchPath)
    {
        var candidates = (searchPath ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).SelectMany(directory => (string[])[Path.Combine(directory, "ctags"), Path.Combine(directory, "universal-ctags")]).Where(File.Exists);
        var why = $"no ctags in PATH; {Remedy}";
        foreach (var program in candidates)
        {
            var version = Ask(program, "--version");
            if (version?.StartsWith("Universal Ctags ", StringComparison.Ordinal) != true)
            {
                why = $"'{program}' is not Universal Ctags; {Remedy}";
            }
            else if (Ask(program, "--list-features") is not { } features || !features.Contains("json ", StringComparison.Ordinal) || !features.Contains("interactive ", StringComparison.Ordinal))
            {
                why = $"'{program}' was built without json or interactive; {Remedy}";
            }
            else
            {
                return new Found(program, version["Universal Ctags ".Length..].Split(',', '(', '\n')[0].Trim());
            }
        }

        return new Missing(why);
    }

    private static string? Ask(string program, string question)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, [question]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
            using var overdue = new CancellationTokenSource(Deadline);
            using var killing = overdue.Token.Register(process.Kill);
            process.StandardInput.Close();
            var answer = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? answer : null;
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException or IOException)
        {
            return null;
        }
    }
}
