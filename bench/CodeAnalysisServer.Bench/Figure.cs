using System.Diagnostics;

namespace CodeAnalysisServer.Bench;

/// <summary>What all scenarios do: print a line, run a program, look until something is so.</summary>
internal static class Figure
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5), Patience = TimeSpan.FromMinutes(2);

    public static void Print(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

    /// <summary>The exit code of a scenario.</summary>
    public static int Verdict(bool met, string target)
    {
        Console.WriteLine($"{target}: {(met ? "ok" : "MISSED")}");
        return met ? 0 : 1;
    }

    /// <summary>Runs a program; the time from its launch to its end, and what it printed.</summary>
    public static async Task<(TimeSpan Elapsed, string Output)> ExecuteAsync(string program, params IEnumerable<string> arguments)
    {
        var from = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (Stopwatch.GetElapsedTime(from), output);
    }

    /// <summary>Asks until the answer is yes; the time that it took.</summary>
    public static async Task<TimeSpan> UntilAsync(Func<Task<bool>> ask)
    {
        var from = Stopwatch.GetTimestamp();
        using var patience = new CancellationTokenSource(Patience);
        while (!await ask())
        {
            await Task.Delay(Look, patience.Token);
        }

        return Stopwatch.GetElapsedTime(from);
    }
}
