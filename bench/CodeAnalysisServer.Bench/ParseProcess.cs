using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.CodeAnalysis.CSharp;

namespace CodeAnalysisServer.Bench;

/// <summary>The limit of indexing: a process that reads, hashes and parses every C# file of a tree on all cores, and keeps nothing of it.</summary>
internal static class ParseProcess
{
    /// <summary>Runs it in a process of its own: the time from its launch to its end, and its processor time.</summary>
    public static async Task<(TimeSpan Elapsed, TimeSpan Processor)> RunAsync(string directory)
    {
        var from = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. QueueProcess.Self(), "parse-process", directory]) { RedirectStandardOutput = true })!;
        var processor = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (Stopwatch.GetElapsedTime(from), TimeSpan.FromMilliseconds(double.Parse(processor, CultureInfo.InvariantCulture)));
    }

    /// <summary>What that process does.</summary>
    public static void Run(string directory)
    {
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        Parallel.ForEach(Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories), path =>
        {
            var bytes = File.ReadAllBytes(path);
            SHA256.HashData(bytes);
            CSharpSyntaxTree.ParseText(Encoding.UTF8.GetString(bytes), options, path).GetRoot();
        });
        using var self = Process.GetCurrentProcess();
        Console.Write(self.TotalProcessorTime.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
    }
}
