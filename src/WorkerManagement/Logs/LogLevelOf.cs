using System.Text;
using System.Text.Json;

namespace WorkerManagement.Logs;

/// <summary>How severe a line is.</summary>
internal enum LogLevelOf
{
    /// <summary>Trace, verbose.</summary>
    Trace = 0,

    /// <summary>Debug.</summary>
    Debug = 1,

    /// <summary>Information, notice; a line that does not say.</summary>
    Info = 2,

    /// <summary>Warning.</summary>
    Warn = 3,

    /// <summary>Error.</summary>
    Error = 4,

    /// <summary>Critical, fatal, alert, emergency, panic.</summary>
    Fatal = 5,
}

/// <summary>
/// Reads the level that a line gives itself: the member <c>level</c> (or <c>lvl</c>, <c>severity</c>, <c>LogLevel</c>, <c>@l</c>) of a JSON object, <c>level=…</c>, or one of the usual words among
/// the first of a text (<c>ERROR</c>, <c>[warn]</c>, <c>info:</c>). A line that is indented belongs to the one before it, as in a stack trace.
/// </summary>
internal sealed class LevelReader
{
    private const int LongestHead = 96;

    private static readonly string[] Members = ["level", "lvl", "severity", "loglevel", "log.level", "@l"];

    private readonly LogLevelOf[] _last = [LogLevelOf.Info, LogLevelOf.Info, LogLevelOf.Info, LogLevelOf.Info];

    public LogLevelOf Of(LogLine line)
    {
        ref var last = ref _last[(int)line.Stream & 3];
        return line.Stream is LogStream.Lost ? LogLevelOf.Fatal
            : line.Bytes is [(byte)' ' or (byte)'\t', ..] ? last
            : last = (line.Bytes is [(byte)'{', ..] ? OfJson(line.Bytes) : OfText(line.Bytes)) ?? LogLevelOf.Info;
    }

    public static bool TryParse(string? word, out LogLevelOf level)
    {
        (var known, level) = word?.ToUpperInvariant() switch
        {
            "TRACE" or "TRCE" or "TRC" or "VERBOSE" or "FINE" or "FINER" or "FINEST" => (true, LogLevelOf.Trace),
            "DEBUG" or "DBUG" or "DBG" => (true, LogLevelOf.Debug),
            "INFO" or "INF" or "INFORMATION" or "NOTICE" => (true, LogLevelOf.Info),
            "WARN" or "WRN" or "WARNING" => (true, LogLevelOf.Warn),
            "ERROR" or "ERR" or "FAIL" or "SEVERE" => (true, LogLevelOf.Error),
            "FATAL" or "CRIT" or "CRITICAL" or "ALERT" or "EMERG" or "EMERGENCY" or "PANIC" or "FTL" => (true, LogLevelOf.Fatal),
            _ => (false, LogLevelOf.Info),
        };
        return known;
    }

    private static LogLevelOf? OfJson(byte[] line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                {
                    var wanted = Members.Contains(reader.GetString()!.ToLowerInvariant());
                    reader.Read();
                    if (wanted && OfValue(ref reader) is { } level)
                    {
                        return level;
                    }

                    reader.Skip();
                }
            }
        }
        catch (JsonException)
        {
            // It only begins like JSON.
            return OfText(line);
        }

        return null;
    }

    // As a word, or as a number of bunyan and pino: 10 trace … 60 fatal.
    private static LogLevelOf? OfValue(ref Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.String && TryParse(reader.GetString(), out var level) ? level
        : reader.TokenType is JsonTokenType.Number && reader.TryGetInt32(out var number) && number is >= 10 and <= 60 ? (LogLevelOf)((number / 10) - 1)
        : null;

    private static LogLevelOf? OfText(byte[] line)
    {
        var head = Encoding.UTF8.GetString(line.AsSpan(0, Math.Min(line.Length, LongestHead)));
        foreach (var word in head.Split([' ', '\t', '[', ']', '(', ')', '<', '>', ':', '|', ',', ';', '"', '='], StringSplitOptions.RemoveEmptyEntries).Take(8))
        {
            // In running text such words are common: a level is in capitals, in brackets, before a colon, or after level=.
            if (TryParse(word, out var level) && (word.Any(char.IsUpper) || IsMarked(head, word)))
            {
                return level;
            }
        }

        return null;
    }

    private static bool IsMarked(string head, string word)
    {
        var at = head.IndexOf(word, StringComparison.Ordinal);
        var (before, after) = (at > 0 ? head[at - 1] : ' ', at + word.Length < head.Length ? head[at + word.Length] : ' ');
        return before is '[' or '(' or '<' or '=' or '"' or '|' || after is ':' or ']' or ')' or '>' or '|';
    }
}
