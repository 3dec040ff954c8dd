using System.Threading.Channels;
using WorkerManagement.Logs;

namespace WorkerManagement.Capsules;

/// <summary>
/// Writes capsules one after another, off the manager's loop: a crash storm fills a bounded queue and no more. A disk that refuses costs
/// the capsule, which is told once until one can be written again.
/// </summary>
internal sealed class CapsuleWriter : IAsyncDisposable
{
    private const int MostWaiting = 64, MostLines = 200, LongestLine = 2000;

    /// <summary>How long the last output may take to come out of the pipes: a process outside the worker may hold them open.</summary>
    private static readonly TimeSpan OutputBound = TimeSpan.FromSeconds(1), EndBound = TimeSpan.FromSeconds(2);

    private readonly Channel<Draft> _waiting = Channel.CreateBounded<Draft>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly CapsuleStore _store;
    private readonly string _logs;
    private readonly int _keep;
    private readonly Action<string, string> _failed;
    private readonly TimeProvider _time;
    private readonly Task _writing;
    private bool _failing;

    /// <summary>A capsule that lacks its output, when that is complete, and the run's environment as <c>NAME=value</c>, which goes no further.</summary>
    internal sealed record Draft(CrashCapsule Capsule, Task OutputEnded, IReadOnlyList<string> Environment);

    /// <param name="store">Where they go.</param>
    /// <param name="logDirectory">Where the workers' output is.</param>
    /// <param name="keep">How many are kept; with 0 none is written.</param>
    /// <param name="time">The clock.</param>
    /// <param name="failed">Told the worker and why its capsule is missing, once until one is written again.</param>
    public CapsuleWriter(CapsuleStore store, string logDirectory, int keep, TimeProvider time, Action<string, string> failed)
    {
        (_store, _logs, _keep, _time, _failed) = (store, logDirectory, keep, time, failed);
        _writing = Task.Run(WriteAllAsync);
    }

    public void Add(Draft draft)
    {
        if (_keep > 0 && !_waiting.Writer.TryWrite(draft))
        {
            Fail(draft.Capsule.Worker, "too many workers end at once");
        }
    }

    /// <summary>Writes what waits, for 2 s at most.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        try
        {
            await _writing.WaitAsync(EndBound).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The disk hangs: ending must not.
        }
    }

    private async Task WriteAllAsync()
    {
        await foreach (var draft in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                _store.Write(await CompleteAsync(draft).ConfigureAwait(false), _keep);
                _failing = false;
            }
            catch (Exception exception)
            {
                // The outermost place: whatever is wrong with one, the next ones are written.
                Fail(draft.Capsule.Worker, exception.Message);
            }
        }
    }

    private async Task<CrashCapsule> CompleteAsync(Draft draft)
    {
        try
        {
            await draft.OutputEnded.WaitAsync(OutputBound, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // What is there by now is what there is.
        }

        var secrets = new Secrets(draft.Environment);
        var lines = new List<string>();
        await foreach (var line in new LogLines(_logs, draft.Capsule.Worker).ReadAsync(new() { Last = MostLines, Run = draft.Capsule.Incarnation }, CancellationToken.None).ConfigureAwait(false))
        {
            lines.Add(line!.Text);
        }

        return draft.Capsule with
        {
            Why = secrets.Hide(draft.Capsule.Why),
            Command = secrets.HideArguments(draft.Capsule.Command),
            EnvironmentNames = [.. draft.Environment.Select(variable => variable[..Math.Max(0, variable.IndexOf('=', StringComparison.Ordinal))]).Order(StringComparer.Ordinal)],
            Output = [.. lines.Select(line => Cut(secrets.Hide(Cut(line, 2 * LongestLine)), LongestLine))],
        };
    }

    // Cut generously first: nothing secret may be cut in two before it is seen.
    private static string Cut(string line, int longest) => line.Length <= longest ? line : line[..longest] + "…";

    private void Fail(string worker, string why)
    {
        if (!_failing)
        {
            _failing = true;
            _failed(worker, why);
        }
    }
}
