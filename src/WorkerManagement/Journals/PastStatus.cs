namespace WorkerManagement.Journals;

/// <summary>All workers as the journal knows them at a moment.</summary>
/// <param name="Report">The report, as the manager would have given it then.</param>
/// <param name="At">When the last record before that moment was written.</param>
/// <param name="Stopped">Whether the manager had let go of the directory by then, in an orderly way.</param>
public sealed record PastStatus(WorkerStatusReport Report, DateTimeOffset At, bool Stopped);

/// <summary>Puts records together to what was.</summary>
internal sealed class JournalFold(string stateDirectory)
{
    private const int MaximumIncidents = 100;

    private readonly OrderedDictionary<string, WorkerStatus> _workers = [];
    private readonly Queue<Incident> _incidents = [];
    private JournalRecord? _last;
    private int _manager;
    private bool _whole;
    private bool _stopped;

    /// <summary>What is known by now; null when the beginning is missing.</summary>
    public PastStatus? Result => !_whole || _last is null ? null : new(
        new()
        {
            TotalWorkers = _workers.Count,
            Workers = [.. _workers.Values],
            Version = _last.Sequence,
            Incidents = [.. _incidents],
            Manager = new() { Pid = _manager, StateDirectory = Path.GetFullPath(stateDirectory) },
        },
        _last.At,
        _stopped);

    public void Take(JournalRecord record)
    {
        switch (record)
        {
            case { Kind: "started" }:
                (_whole, _stopped, _manager) = (true, false, record.Pid ?? 0);
                _workers.Clear();
                break;
            case { Kind: "snapshot", Workers: { } workers }:
                _whole = true;
                _workers.Clear();
                foreach (var worker in workers)
                {
                    _workers[worker.Name] = worker;
                }

                break;
            case { Kind: "state", Status: { } status }:
                _workers[status.Name] = status;
                break;
            case { Kind: "removed", Worker: { } worker }:
                _workers.Remove(worker);
                break;
            case { Kind: "incident", Incident: { } incident }:
                _incidents.Enqueue(incident);
                if (_incidents.Count > MaximumIncidents)
                {
                    _incidents.Dequeue();
                }

                break;
            case { Kind: "stopped" }:
                _stopped = true;
                break;
        }

        _last = record.Kind == "unreadable" ? _last : record;
    }
}
