using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using WorkerManagement.Logs;

namespace WorkerManagement.Journals;

/// <summary>
/// Reads what a manager noted: every change of state and every incident, across its files <c>journal/journal.jsonl.000001</c> … and
/// <c>journal/journal.jsonl</c>, oldest first. Only files are read: no manager needs to run. Thread-safe.
/// </summary>
/// <param name="stateDirectory">The manager's state directory.</param>
public sealed class Journal(string stateDirectory)
{
    private readonly string _path = PathIn(stateDirectory);

    internal static string PathIn(string stateDirectory) => Path.Combine(Path.GetFullPath(stateDirectory), "journal", "journal.jsonl");

    /// <summary>Whether anything was noted in this directory.</summary>
    public bool Exists => File.Exists(_path) || Series.Rotated(_path).Count > 0;

    /// <summary>
    /// The records since a moment, then, when followed, those that come, across rotations and restarts of the manager. A line that cannot be read
    /// gives a record of kind <c>unreadable</c>; so does the end of the last one when it was torn and nobody writes it.
    /// </summary>
    /// <param name="since">The first moment of interest; null for all that is kept.</param>
    /// <param name="follow">Whether to wait for more at the end.</param>
    /// <param name="cancellationToken">Ends a reader that follows.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read by this user.</exception>
    public async IAsyncEnumerable<JournalRecord> ReadAsync(DateTimeOffset? since = null, bool follow = false, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var line = new MemoryStream();
        var at = DateTimeOffset.MinValue;
        await foreach (var block in SeriesReader.ReadAsync(_path, Begin(since), follow, cancellationToken).ConfigureAwait(false))
        {
            var rest = block.Data;
            for (var end = rest.Span.IndexOf((byte)'\n'); end >= 0; end = rest.Span.IndexOf((byte)'\n'))
            {
                line.Write(rest[..end].Span);
                rest = rest[(end + 1)..];
                if (Parse(line, at, block.File) is { } record)
                {
                    at = record.At > at ? record.At : at;
                    if (since is null || record.At >= since)
                    {
                        yield return record;
                    }
                }

                line.SetLength(0);
            }

            line.Write(rest.Span);
        }

        if (Parse(line, at, _path) is { Kind: "unreadable" } torn)
        {
            yield return torn;
        }
    }

    /// <summary>Every worker as it was at a moment: the report of that time, with its last incidents and the version (record) it stands at.</summary>
    /// <exception cref="WorkerManagementException">The journal does not reach back so far, or there is none.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read by this user.</exception>
    public async Task<PastStatus> StatusAtAsync(DateTimeOffset time, CancellationToken cancellationToken = default)
    {
        var past = new JournalFold(stateDirectory);
        await foreach (var record in ReadAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (record.At > time)
            {
                break;
            }

            past.Take(record);
        }

        return past.Result ?? throw new WorkerManagementException(Exists
            ? $"the journal in '{Path.GetDirectoryName(_path)}' does not reach back to {time:u}; 'workers events' shows what it has"
            : $"there is no journal in '{Path.GetDirectoryName(_path)}': no manager has run there");
    }

    // A file that was last written before holds nothing of interest.
    private SeriesReader.Place Begin(DateTimeOffset? since) =>
        since is { } moment && Series.Rotated(_path).FindLast(full => File.GetLastWriteTimeUtc(full.Path) < moment.UtcDateTime) is { } old
            ? new(old.Order, 0)
            : SeriesReader.Place.Beginning;

    private static JournalRecord? Parse(MemoryStream line, DateTimeOffset at, string file)
    {
        // Empty: what was written after a torn line begins with a line of its own.
        var bytes = line.GetBuffer().AsSpan(0, (int)line.Length);
        if (bytes.Trim((byte)' ').Length == 0)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, JournalJson.Default.JournalRecord);
        }
        catch (JsonException)
        {
            return new() { Kind = "unreadable", At = at, Reason = $"a line of '{file}' is torn or damaged and was skipped: {Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 60)])}…" };
        }
    }
}
