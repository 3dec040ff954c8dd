namespace WorkerManagement.Logs;

/// <summary>Whether a line is wanted. Sees every line of one worker in order.</summary>
internal sealed class LogFilter(LogQuery query)
{
    private readonly LevelReader _levels = new();

    public bool Passes(LogLine line)
    {
        // Asked first: it remembers what an indented line belongs to.
        var level = query.Level is null ? LogLevelOf.Fatal : _levels.Of(line);
        return level >= (query.Level ?? LogLevelOf.Trace)
            && (query.Since is null || line.At >= query.Since)
            && (line.Stream is LogStream.Lost
                ? query is { Stream: null, Run: null, Pattern: null }
                : (query.Stream is null || line.Stream == query.Stream)
                    && (query.Run is null || line.Run == query.Run)
                    && (query.Pattern is null || query.Pattern.IsMatch(line.Text)));
    }
}
