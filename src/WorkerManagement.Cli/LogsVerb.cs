using System.Text.RegularExpressions;
using WorkerManagement.Hosting.Configuration;
using WorkerManagement.Logs;

namespace WorkerManagement.Cli;

/// <summary><c>workers logs</c>: what workers wrote. Reads the files, so it works when the manager is dead, too.</summary>
internal static class LogsVerb
{
    /// <summary>The words of one call.</summary>
    internal sealed record Words(string[] Names, int? Lines, bool Follow, string? Since, string? Pattern, string? Level, bool Previous, string? Stream, bool Times, bool Raw);

    private const int LinesOfOne = 100, LinesOfEach = 20;

    public static async Task<int> RunAsync(Invocation call, Words words, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(Path.GetFullPath(call.StateDirectory), "logs");
        var names = words.Names.Length > 0 ? words.Names.Distinct().ToArray() : NamesIn(directory);
        foreach (var name in names)
        {
            if (Path.GetFileName(name) != name || !(new WorkerLog(directory, name).Exists || (words.Follow && Directory.Exists(directory))))
            {
                return call.Fail($"there is no output of a worker '{name}' in '{directory}'; 'workers status' lists the workers, --state-dir names another directory");
            }
        }

        if (names.Length == 0)
        {
            return call.Fail($"there is no output of any worker in '{directory}'; --state-dir names another directory");
        }

        var query = new LogQuery { Follow = words.Follow, Previous = words.Previous, Last = words.Lines ?? (words.Since is not null ? null : names.Length == 1 ? LinesOfOne : LinesOfEach) };
        if (Mistake(words, ref query) is { } mistake)
        {
            return call.Wrong(mistake);
        }

        var output = new BufferedStream(Console.OpenStandardOutput(), 64 * 1024);
        await using (output.ConfigureAwait(false))
        {
            // For a script the bytes as they were written.
            if (names.Length == 1 && query.IsPlain && !call.Json && (words.Raw || (Console.IsOutputRedirected && !words.Times)))
            {
                await foreach (var block in new WorkerLog(directory, names[0]).ReadAsync(query.Last, words.Follow, cancellationToken).ConfigureAwait(false))
                {
                    await output.WriteAsync(block, cancellationToken).ConfigureAwait(false);
                    await output.FlushAsync(cancellationToken).ConfigureAwait(false);
                    if (StandardOutput.HasNoReader)
                    {
                        break;
                    }
                }

                return ExitCodes.Done;
            }

            var printer = new LogPrinter(output, names, call.Json, terminal: !Console.IsOutputRedirected, words.Times || !Console.IsOutputRedirected, words.Raw);
            await foreach (var line in MergedLogs.ReadAsync([.. names.Select(name => new LogLines(directory, name))], query, cancellationToken).ConfigureAwait(false))
            {
                if (line is null)
                {
                    await output.FlushAsync(cancellationToken).ConfigureAwait(false);
                    if (StandardOutput.HasNoReader)
                    {
                        break;
                    }
                }
                else
                {
                    printer.Print(line);
                }
            }
        }

        return ExitCodes.Done;
    }

    private static string? Mistake(Words words, ref LogQuery query)
    {
        if (words.Lines < 0)
        {
            return $"-n {words.Lines}: give a number of lines, 0 or more";
        }

        if (words.Since is not null)
        {
            if (!Moments.TryParse(words.Since, TimeProvider.System.GetUtcNow(), out var since))
            {
                return $"--since '{words.Since}': give {Moments.Expected}";
            }

            query = query with { Since = since };
        }

        if (words.Level is not null)
        {
            if (!LevelReader.TryParse(words.Level, out var level))
            {
                return $"--level '{words.Level}': give trace, debug, info, warn, error or fatal";
            }

            query = query with { Level = level };
        }

        if (words.Pattern is not null)
        {
            try
            {
                query = query with { Pattern = LineWatch.PatternOf(words.Pattern) };
            }
            catch (Exception exception) when (exception is RegexParseException or NotSupportedException)
            {
                return $"--grep '{words.Pattern}' is no regular expression that can be used: {exception.Message}; lookarounds and backreferences are not supported";
            }
        }

        query = query with { Stream = StreamNames.Parse(words.Stream) };
        return null;
    }

    private static string[] NamesIn(string directory) => !Directory.Exists(directory) ? []
        : [.. Directory.GetFiles(directory, "*.log").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];
}
