using System.Globalization;
using System.Text;
using System.Text.Json;
using WorkerManagement.Cli.Output;
using WorkerManagement.Hosting.Configuration;
using WorkerManagement.Journals;

namespace WorkerManagement.Cli;

/// <summary><c>workers events</c>: what the journal says. Only files are read, so it works without a manager, too.</summary>
internal static class EventsVerb
{
    public static async Task<int> RunAsync(Invocation call, string? since, string? worker, bool follow, CancellationToken cancellationToken)
    {
        DateTimeOffset? from = null;
        if (since is not null)
        {
            if (!Moments.TryParse(since, TimeProvider.System.GetUtcNow(), out var moment))
            {
                return call.Wrong($"--since '{since}': give {Moments.Expected}");
            }

            from = moment;
        }

        var journal = new Journal(call.StateDirectory);
        if (!follow && !journal.Exists)
        {
            return call.Fail($"there is no journal in '{Path.GetFullPath(call.StateDirectory)}': no manager has run there; --state-dir names another directory");
        }

        var runs = new Dictionary<string, long>();
        await foreach (var record in journal.ReadAsync(from, follow, cancellationToken).ConfigureAwait(false))
        {
            // A snapshot is no event: with it a file of the journal begins.
            if (record.Kind != "snapshot" && (worker is null || record.Worker == worker))
            {
                call.Say(call.Json ? JsonSerializer.Serialize(record, JournalJson.Default.JournalRecord) : Told(record, runs));
                if (StandardOutput.HasNoReader)
                {
                    break;
                }
            }
        }

        return ExitCodes.Done;
    }

    private static string Told(JournalRecord record, Dictionary<string, long> runs)
    {
        var text = new StringBuilder(Shown.Exactly(record.At)).Append("  ");
        if (record.Worker is { } worker)
        {
            text.Append(worker).Append("  ");
        }

        return text.Append(ForTerminal.Plain(record switch
        {
            { Status: { } status } => string.Create(CultureInfo.InvariantCulture, $"{status.State}{(status.State is WorkerState.Running && !status.Ready ? ", not ready" : "")}: {status.Why}{Run(status, runs)}"),
            { Incident: { } incident } => $"! {incident.Kind}: {incident.Reason}",
            { Kind: "started" } => string.Create(CultureInfo.InvariantCulture, $"the manager started (process {record.Pid})"),
            { Kind: "stopped" } => "the manager stopped",
            { Kind: "removed" } => "removed",
            { Kind: "lost" } => $"! {record.Lost} records are missing here: {record.Reason}",
            _ => $"! {record.Kind}: {record.Reason}",
        })).ToString();
    }

    // Its process, and where a run begins its number: what the logs and the capsules call it by.
    private static string Run(WorkerStatus status, Dictionary<string, long> runs)
    {
        var begun = status.Managed && status.Incarnation > runs.GetValueOrDefault(status.Name);
        runs[status.Name] = status.Incarnation;
        return (begun, status.Alive) switch
        {
            (true, true) => string.Create(CultureInfo.InvariantCulture, $" (run {status.Incarnation}, pid {status.Pid})"),
            (true, false) => string.Create(CultureInfo.InvariantCulture, $" (run {status.Incarnation})"),
            (false, true) => string.Create(CultureInfo.InvariantCulture, $" (pid {status.Pid})"),
            _ => "",
        };
    }
}
