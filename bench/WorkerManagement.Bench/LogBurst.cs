using System.Diagnostics;
using System.Globalization;
using WorkerManagement.Logs;

namespace WorkerManagement.Bench;

/// <summary>One worker that writes a great many lines and ends; what they cost until all are in their files, and whether all are.</summary>
internal static class LogBurst
{
    private const int LineLength = 100, Rotations = 20;

    /// <returns>Nanoseconds, processor time in nanoseconds, files that were rotated, and the bytes that were read back in order.</returns>
    internal static async Task<IReadOnlyList<long>> RunAsync(WorkerManager manager, long lines, string[] command)
    {
        var spec = new WorkerSpec
        {
            Name = "lines",
            Command = [.. command, lines.ToString(CultureInfo.InvariantCulture)],
            Restart = RestartPolicy.Temporary,
            Logs = new((lines * LineLength / (Rotations + 1)) + (1 << 20), Rotations + 2),
        };
        await manager.StartAsync().ConfigureAwait(false);
        foreach (var old in Directory.GetFiles(manager.LogDirectory, "lines.log*"))
        {
            File.Delete(old);
        }

        var (began, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await manager.StartWorkerAsync(spec).ConfigureAwait(false);
        while (Written(manager) < lines * LineLength && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(5))
        {
            await Task.Delay(5).ConfigureAwait(false);
        }

        var took = (long)Stopwatch.GetElapsedTime(began).TotalNanoseconds;
        var processor = (long)(Environment.CpuUsage.TotalTime - used).TotalNanoseconds;
        return [took, processor, Files(manager).Length - 1, await InOrderAsync(manager).ConfigureAwait(false)];
    }

    private static long Written(WorkerManager manager)
    {
        try
        {
            return Files(manager).Sum(file => new FileInfo(file).Length);
        }
        catch (FileNotFoundException)
        {
            // Rotated between the two looks: the next one sees all.
            return 0;
        }
    }

    private static string[] Files(WorkerManager manager) => [.. Directory.GetFiles(manager.LogDirectory, "lines.log*").Where(file => !file.EndsWith(".idx", StringComparison.Ordinal))];

    // Each line has its number: how many bytes there are before the first that is not the next one.
    private static async Task<long> InOrderAsync(WorkerManager manager)
    {
        var (offset, expected, number) = (0L, 0L, 0L);
        await foreach (var block in new WorkerLog(manager.LogDirectory, "lines").ReadAsync(null, follow: false).ConfigureAwait(false))
        {
            foreach (var octet in block.ToArray())
            {
                if (offset++ % LineLength < LineLength - 1)
                {
                    number = (number * 10) + octet - '0';
                }
                else if (number != expected++ || octet != '\n')
                {
                    return offset;
                }
                else
                {
                    number = 0;
                }
            }
        }

        return offset;
    }
}
