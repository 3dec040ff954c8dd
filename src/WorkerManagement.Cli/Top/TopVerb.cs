using System.Text.Json;
using WorkerManagement.Cli.Output;

namespace WorkerManagement.Cli.Top;

/// <summary><c>workers top</c>: a live view on a terminal; one look where there is none, with <c>--once</c> or as JSON.</summary>
internal static class TopVerb
{
    // Two samples this far apart make the first percentages.
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(300);

    public static async Task<int> RunAsync(Invocation call, bool once, CancellationToken cancellationToken)
    {
        using var client = new ManagerClient(call.StateDirectory);
        using var source = new TopSource(client);
        if (!once && !call.Json && call.Screen.Width is not null && !Console.IsInputRedirected)
        {
            using var view = new TopView(client, source, call.Screen);
            return await view.RunAsync(cancellationToken).ConfigureAwait(false);
        }

        _ = await source.NextAsync(cancellationToken).ConfigureAwait(false);
        await Task.Delay(Glance, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        var rows = await source.WithLastLinesAsync(await source.NextAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return call.Json ? call.PrintValue(writer => Write(writer, rows))
            : call.Quiet ? call.Say(string.Join('\n', rows.Select(row => row.Name)))
            : call.Say(string.Join('\n', TopScreen.Table(rows, call.Headers, call.Screen)));
    }

    private static void Write(Utf8JsonWriter writer, List<TopRow> rows)
    {
        writer.WriteObjects("workers", rows, row =>
        {
            writer.WriteString("name", row.Name);
            writer.WriteString("type", row.Type);
            writer.WriteString("state", row.State);
            writer.WriteBoolean("ready", row.Ready);
            Number(writer, "pid", row.Pid);
            writer.WriteNumber("members", row.Members);
            Number(writer, "cpu_percent", row.CpuPercent is { } percent ? Math.Round(percent, 1) : null);
            writer.WriteNumber("memory_bytes", row.MemoryBytes);
            writer.WriteNumber("restarts", row.Restarts);
            Number(writer, "uptime_seconds", row.UptimeSeconds is { } seconds ? Math.Round(seconds, 3) : null);
            writer.WriteString("last_line", row.LastLine);
        });
    }

    private static void Number(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
