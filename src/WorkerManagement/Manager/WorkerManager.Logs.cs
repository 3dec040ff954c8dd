using System.Globalization;
using WorkerManagement.Logs;
using WorkerManagement.Registry;

namespace WorkerManagement;

/// <content>The workers' output: taken by a thread of its own; what a disk does to it is told here.</content>
public sealed partial class WorkerManager
{
    private LogCapture? _logs;
    private LogKeeper? _logKeeper;

    private void BeginLogs(string logDirectory)
    {
        _logKeeper ??= new(logDirectory, Options.MaximumLogTotal);
        _logs ??= new(
            (file, worker) => Tell("log_failure", worker, $"output of worker '{worker}' is being dropped: {file.Failure}; free the disk or mend the directory's mode"),
            (file, worker) => Tell("log_recovered", worker, string.Create(CultureInfo.InvariantCulture, $"output of worker '{worker}' is kept again; {file.Dropped} bytes of it were dropped since the manager began")));

        void Tell(string kind, string worker, string reason) => Post(() =>
        {
            AddIncident(kind, worker, reason);
            if (_registry.GetValueOrDefault(worker) is { } entry)
            {
                Changed(entry);
            }
        });
    }

    private async Task EndLogsAsync()
    {
        _logs?.Dispose();
        foreach (var entry in _registry.Values.OfType<ManagedEntry>())
        {
            entry.Log.Dispose();
        }

        if (_logKeeper is { } keeper)
        {
            await keeper.DisposeAsync().ConfigureAwait(false);
        }
    }
}
