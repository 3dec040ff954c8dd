using System.Diagnostics;
using System.Globalization;

namespace WorkerManagement.Bench.Scenarios;

/// <summary>A gigabyte of 100-byte lines through the capture, 20 rotations, beside <c>cat</c> into one file: speed, processor time, and that nothing is lost.</summary>
internal static class Logs
{
    private const long Lines = 10_000_000, Bytes = Lines * 100;

    internal static IEnumerable<Finding> Run(Arguments arguments, string containment, CancellationToken cancellationToken)
    {
        using var product = Subject.Product(containment);
        var (ours, cats, processor, wrong) = (new List<TimeSpan>(), new List<TimeSpan>(), new List<double>(), "");
        var rotations = 0L;

        // The first is the warm-up of both: it is not counted.
        for (var round = 0; round <= arguments.Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var cat = Cat();
            var answer = product.Ask($"lines {Lines} {Machine.Limit} lines");
            wrong = answer[3] == Bytes ? wrong : $"; in a round the bytes end after {answer[3]}";
            if (round > 0)
            {
                cats.Add(cat);
                ours.Add(TimeSpan.FromTicks(answer[0] / 100));
                processor.Add(answer[1] / 1e9);
                rotations = answer[2];
            }
        }

        var speed = Samples.Of(ours.Zip(cats, (one, other) => other / one)).Median;
        yield return new("logs", "1 GB of 100-byte lines through the capture into its files; the limit is cat into one file", containment, "ms", Samples.Of(ours), Samples.Of(cats), Samples.Of(ours.Zip(cats, (one, other) => one / other)).Median,
            "≥ 0.8× the speed of cat, no byte lost", speed >= 0.8 && wrong.Length == 0, string.Create(CultureInfo.InvariantCulture, $"{speed:0.##}× the speed of cat, {rotations} rotations{(wrong.Length == 0 ? ", every byte in its place" : wrong)}"));
        yield return new("logs", "processor time of the manager for it", containment, "s", Samples.Of(processor), Target: "≤ 3 s", Holds: Samples.Of(processor).Median <= 3);
    }

    private static TimeSpan Cat()
    {
        var file = Path.GetTempFileName();
        try
        {
            var began = Stopwatch.GetTimestamp();
            using var shell = Process.Start("/bin/sh", ["-c", $"'{Machine.Limit}' lines {Lines} | cat > '{file}'"]);
            shell.WaitForExit();
            var took = Stopwatch.GetElapsedTime(began);
            return new FileInfo(file).Length == Bytes ? took : throw new InvalidOperationException("cat did not write all that it was given");
        }
        finally
        {
            File.Delete(file);
        }
    }
}
