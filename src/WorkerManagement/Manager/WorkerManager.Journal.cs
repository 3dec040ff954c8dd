using WorkerManagement.Journals;
using WorkerManagement.Registry;

namespace WorkerManagement;

/// <content>What is noted on disk: every change of state, and every incident. The loop hands it over and never waits.</content>
public sealed partial class WorkerManager
{
    private JournalWriter? _journal;

    private void BeginJournal(string stateDirectory)
    {
        if (_journal is not null)
        {
            return;
        }

        var journal = new JournalWriter(stateDirectory, Options.Journal, failure => Post(() =>
            AddIncident("journal_failure", null, $"records of the journal are being lost: {failure}; free the disk or mend the mode of '{Path.Combine(stateDirectory, "journal")}'")));
        journal.Add(new() { Kind = "started", At = Now, Pid = Environment.ProcessId });
        _journal = journal;

        // Workers inside this process may have been there before.
        Post(() =>
        {
            foreach (var entry in _registry.Values)
            {
                Note(entry);
            }
        });
    }

    private async Task EndJournalAsync()
    {
        if (_journal is { } journal)
        {
            journal.Add(new() { Kind = "stopped", At = Now, Pid = Environment.ProcessId });
            await journal.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Note(Entry entry)
    {
        // One that left the registry is not a worker any more, whatever is still heard of it.
        if (_journal is null || _registry.GetValueOrDefault(entry.Name) != entry || (entry.Noted is { } noted && !IsNews(noted, entry.Status)))
        {
            return;
        }

        if (entry.Noted?.Since != entry.Status.Since)
        {
            Remember(entry);
        }

        entry.Noted = entry.Status;
        _journal.Add(new() { Kind = "state", At = Now, Worker = entry.Name, Status = entry.Status });
    }

    private void Note(Incident incident) => _journal?.Add(new() { Kind = "incident", At = incident.At, Worker = incident.Worker, Incident = incident });

    private void NoteRemoved(Entry entry) => _journal?.Add(new() { Kind = "removed", At = Now, Worker = entry.Name });

    // What the worker says of itself and how many members it has comes too often, and is no state. The number of a run comes with its process.
    private static bool IsNews(WorkerStatus noted, WorkerStatus now) =>
        (noted.State, noted.Ready, noted.Desired, noted.Alive, noted.Exit, noted.Since) != (now.State, now.Ready, now.Desired, now.Alive, now.Exit, now.Since);
}
