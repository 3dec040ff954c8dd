using System.Diagnostics;
using System.Globalization;

namespace WorkerManagement.Bench;

/// <summary>
/// A process under measure, the product's or the limit's: a command a line in, <c>done</c> and numbers out. The end of its input ends
/// it and everything that it started.
/// </summary>
internal sealed class Subject : IDisposable
{
    private readonly Process _process;
    private readonly string? _stateDirectory;
    private readonly long _launched = Stopwatch.GetTimestamp();

    private Subject(ProcessStartInfo start, string? stateDirectory)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        _stateDirectory = stateDirectory;
        _process = Process.Start(start)!;
    }

    /// <summary>A process with a manager in it.</summary>
    internal static Subject Product(string containment)
    {
        var state = Directory.CreateTempSubdirectory("workers-bench-").FullName;
        return new(new ProcessStartInfo(Environment.ProcessPath!, ["host", state, containment]), state);
    }

    /// <summary>The C program that does the same without anything else.</summary>
    internal static Subject Limit() => new(new ProcessStartInfo(Machine.Limit, ["supervise"]), null);

    /// <summary>A .NET process that waits for its input and does nothing.</summary>
    internal static Subject EmptyRuntime() => new(new ProcessStartInfo(Environment.ProcessPath!, ["nothing"]), null);

    /// <summary>Processes that have nothing to do with anybody.</summary>
    internal static Subject Foreigners(int count)
    {
        var foreigners = new Subject(new ProcessStartInfo(Machine.Limit, ["sleepers", count.ToString(CultureInfo.InvariantCulture)]), null);
        _ = foreigners.Answer("sleepers");
        return foreigners;
    }

    internal int Pid => _process.Id;

    /// <summary>Since the process was launched.</summary>
    internal TimeSpan Age => Stopwatch.GetElapsedTime(_launched);

    /// <summary>Processor time of this process and, for the product, of guard and keeper.</summary>
    internal TimeSpan ProcessorTime() => (_stateDirectory is null ? [] : Ask("about").Take(2))
        .Select(pid => (int)pid).Append(Pid).Aggregate(TimeSpan.Zero, (sum, pid) => sum + ProcReadings.ProcessorTime(pid));

    /// <summary>Commands once, and gives the numbers that came back.</summary>
    internal long[] Ask(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        return Answer(command);
    }

    /// <summary>The one duration that a command took.</summary>
    internal TimeSpan Time(string command) => TimeSpan.FromTicks(Ask(command)[0] / 100);

    internal TimeSpan Start(int workers, string worker) => Time($"start {workers} {Machine.Limit} {worker}");

    internal TimeSpan Stop(TimeSpan grace) => Time($"stop {(long)grace.TotalMilliseconds}");

    /// <summary>Until every worker has installed its handler: a signal before that would just kill it.</summary>
    internal void AwaitReady()
    {
        foreach (var pid in Ask("pids"))
        {
            while (!ProcReadings.HandlesTerminate((int)pid))
            {
                Thread.Sleep(5);
            }
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        if (_stateDirectory is not null)
        {
            Directory.Delete(_stateDirectory, recursive: true);
        }
    }

    private long[] Answer(string command)
    {
        var line = _process.StandardOutput.ReadLine();
        return line?.StartsWith("done", StringComparison.Ordinal) is true
            ? [.. line.Split(' ').Skip(1).Select(number => long.Parse(number, CultureInfo.InvariantCulture))]
            : throw new InvalidOperationException($"'{command}' was answered with '{line ?? "the end of the process"}'");
    }
}
