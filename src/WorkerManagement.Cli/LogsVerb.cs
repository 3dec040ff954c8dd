using WorkerManagement.Logs;

namespace WorkerManagement.Cli;

/// <summary><c>workers logs</c>: what a worker wrote, as it wrote it. Reads the files, so it works when the manager is dead, too.</summary>
internal static class LogsVerb
{
    public static async Task<int> RunAsync(Invocation call, string name, int lines, bool follow, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(Path.GetFullPath(call.StateDirectory), "logs");
        var log = new WorkerLog(directory, name);
        if (Path.GetFileName(name) != name || !(log.Exists || (follow && Directory.Exists(directory))))
        {
            return call.Fail($"there is no output of a worker '{name}' in '{directory}'; 'workers status' lists the workers, --state-dir names another directory");
        }

        if (lines < 0)
        {
            return call.Wrong($"-n {lines}: give a number of lines, 0 or more");
        }

        var output = Console.OpenStandardOutput();
        await using (output.ConfigureAwait(false))
        {
            await foreach (var block in log.ReadAsync(lines, follow, cancellationToken).ConfigureAwait(false))
            {
                await output.WriteAsync(block, cancellationToken).ConfigureAwait(false);
                await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return ExitCodes.Done;
    }
}
