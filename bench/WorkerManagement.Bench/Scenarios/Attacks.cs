using System.Diagnostics;
using System.Globalization;
using WorkerManagement.Bench.Attacking;
using WorkerManagement.Posix;

namespace WorkerManagement.Bench.Scenarios;

/// <summary>Stop of a type and crash to replacement, undisturbed and under each attack, in turns within one manager.</summary>
internal static class Attacks
{
    private const int Quiet = 100, Crashes = 20, Turns = 3, Chatters = 50, Unlucky = 10;

    private sealed record Figures(List<TimeSpan> Stops, List<TimeSpan> Crashes);

    internal static IEnumerable<Finding> Run(Arguments arguments, string containment, CancellationToken cancellationToken)
    {
        using var witness = new Witness();
        using var counts = new Witness();
        using var command = new RunningCommand(arguments.Command!, containment,
        [
            .. Enumerable.Range(0, Quiet).Select(i => ($"q{i}", $$"""{ "type": "quiet", "command": ["{{Machine.Limit}}", "worker", "50", "{{witness.Path}}"], "backoff": { "initial": "0ms" }, "intensity": { "restarts": 1000000 } }""")),
            .. Enumerable.Range(0, Chatters).Select(i => ($"c{i}", Chatter("10000", "1MB"))),
            .. Enumerable.Range(0, Unlucky).Select(i => ($"u{i}", Chatter("1000", "20KB"))),
        ]);
        // A manager keeps its files open: only who rotates meets a disk that was put in their place.
        string Chatter(string rate, string size) => $$"""{ "type": "chatty", "command": ["{{Machine.Limit}}", "chatter", "{{rate}}", "{{counts.Path}}"], "logs": { "maximum_size": "{{size}}", "files": 2 } }""";
        command.AwaitReady(cancellationToken);
        var pids = witness.Next(Quiet);
        _ = command.Post("/v1/types/chatty/stop");
        _ = counts.Next(Chatters + Unlucky);
        _ = Measure(command, witness, ref pids, new([], []), cancellationToken);
        foreach (var (what, begin) in All(command, counts))
        {
            var (calm, under, times) = (new Figures([], []), new Figures([], []), 0L);
            var dropped = Dropped(command);
            for (var turn = 0; turn < Turns; turn++)
            {
                _ = Measure(command, witness, ref pids, calm, cancellationToken);
                times += UnderAttack(begin, () => Measure(command, witness, ref pids, under, cancellationToken));
            }

            yield return Compare($"stop of {Quiet} of 50 ms: {what}", containment, under.Stops, calm.Stops, 250, FormattableString.Invariant($"{times} of them; {Dropped(command) - dropped:0} bytes of output that the disk did not take"));
            yield return Compare($"crash to replacement: {what}", containment, under.Crashes, calm.Crashes, 15, "");
        }
    }

    private static IEnumerable<(string What, Func<IAsyncDisposable[]> Begin)> All(RunningCommand command, Witness counts)
    {
        var logs = Path.Combine(command.StateDirectory, "logs");
        Writing Unfortunate() => new(command, Enumerable.Range(0, Unlucky).Select(i => $"u{i}"), counts);
        yield return ("every core taken by other programs, the yardstick", () => [new Burning()]);
        yield return ("200 event streams", () => [new Streams(command, 200)]);
        yield return ("20 clients of the stream never read", () => [new NeverReading(command, 20, "/v1/events", 1)]);
        yield return ("20 clients ask for the status 1000 times and never read", () => [new NeverReading(command, 20, "/v1/status", 1000)]);
        yield return ("600 half-open connections", () => [new HalfOpen(command, 600)]);
        yield return ("malformed requests, 8 at once", () => [new Requests(command, 8, Requests.Malformed)]);
        yield return ("wrong or missing token, 8 at once", () => [new Requests(command, 8, Requests.WrongTokens)]);
        yield return ($"{Chatters} workers write 10^4 lines a second each", () => [new Writing(command, Enumerable.Range(0, Chatters).Select(i => $"c{i}"), counts)]);
        if (Environment.IsPrivilegedProcess)
        {
            yield return ($"logs on a full disk, {Unlucky} workers write", () => [new BadDisk(logs, full: true), Unfortunate()]);
            yield return ($"logs on a read-only disk, {Unlucky} workers write", () => [new BadDisk(logs, full: false), Unfortunate()]);
        }
        else
        {
            Console.Error.WriteLine("attacks: a full and a read-only disk are not measured; they are mounted, which takes root");
        }

        yield return ($"log directory removed, {Unlucky} workers write", () => [new NoDirectory(logs), Unfortunate()]);
    }

    private static long UnderAttack(Func<IAsyncDisposable[]> begin, Action measure)
    {
        var attacks = begin();
        try
        {
            while (((Attack)attacks[0]).Times == 0)
            {
                Thread.Sleep(5);
            }

            Thread.Sleep(500);
            measure();
            return ((Attack)attacks[0]).Times;
        }
        finally
        {
            foreach (var attack in attacks.Reverse())
            {
                attack.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
        }
    }

    // The workers tell themselves when they are there; the manager is asked for nothing but the stop and the start.
    private static Figures Measure(RunningCommand command, Witness witness, ref long[] pids, Figures figures, CancellationToken cancellationToken)
    {
        for (var i = 0; i < Crashes; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var victim = PidFd.TryOpen((int)pids[i]) ?? throw new InvalidOperationException($"worker {pids[i]} is gone already");
            var began = Stopwatch.GetTimestamp();
            _ = victim.Send(Signals.Kill);
            var (pid, at) = witness.Next();
            pids[i] = pid;
            figures.Crashes.Add(Stopwatch.GetElapsedTime(began, at));
        }

        for (var i = 0; i < 3; i++)
        {
            figures.Stops.Add(command.Post("/v1/types/quiet/stop"));
            Parallel.For(0, Quiet, new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = 8 }, worker => command.Post($"/v1/workers/q{worker}/start"));
            pids = witness.Next(Quiet);
        }

        return figures;
    }

    private static double Dropped(RunningCommand command) => command.Api.GetStringAsync(new Uri("/metrics", UriKind.Relative)).GetAwaiter().GetResult().Split('\n')
        .Where(line => line.StartsWith("workers_log_dropped", StringComparison.Ordinal)).Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));

    private static Finding Compare(string what, string containment, List<TimeSpan> under, List<TimeSpan> calm, double most, string note)
    {
        var (attacked, undisturbed) = (Samples.Of(under), Samples.Of(calm));
        var ratio = attacked.Median / undisturbed.Median;
        return new("attacks", what, containment, "ms", attacked, undisturbed, ratio, $"≤ 1.5× undisturbed, or p50 ≤ {most:0} ms", ratio <= 1.5 || attacked.Median <= most, note);
    }
}
