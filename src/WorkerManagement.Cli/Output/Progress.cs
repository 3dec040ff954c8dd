using System.Globalization;
using System.Text.Json;

namespace WorkerManagement.Cli.Output;

/// <summary>
/// Tells on standard error what takes longer than a second: on a terminal one line that counts, else a line now and then. Nothing
/// with <c>-q</c>.
/// </summary>
internal static class Progress
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Seldom = TimeSpan.FromSeconds(10);

    /// <summary>Waits for the work, and tells what is being done meanwhile and which workers are on their way.</summary>
    public static async Task<T> WhileAsync<T>(Invocation call, string doing, ManagerClient client, Task<T> work, CancellationToken cancellationToken)
    {
        if (call.Quiet)
        {
            return await work.ConfigureAwait(false);
        }

        var terminal = !Console.IsErrorRedirected;
        var began = TimeProvider.System.GetTimestamp();
        var told = 0;
        for (var pause = Patience; ; pause = terminal || told == 0 ? Patience : Seldom)
        {
            if (await Task.WhenAny(work, Task.Delay(pause, TimeProvider.System, cancellationToken)).ConfigureAwait(false) == work || cancellationToken.IsCancellationRequested)
            {
                break;
            }

            var underWay = await UnderWayAsync(client, cancellationToken).ConfigureAwait(false);
            var text = string.Create(CultureInfo.InvariantCulture, $"workers: {doing}: {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s{underWay}");
            told++;
            await call.Error.WriteAsync(terminal ? $"\r\e[K{Cut(text)}" : text + '\n').ConfigureAwait(false);
        }

        if (terminal && told > 0)
        {
            await call.Error.WriteAsync("\r\e[K").ConfigureAwait(false);
        }

        return await work.ConfigureAwait(false);
    }

    private static async Task<string> UnderWayAsync(ManagerClient client, CancellationToken cancellationToken)
    {
        try
        {
            using var status = await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false);
            var moving = status.RootElement.GetProperty("workers").EnumerateArray().Where(worker => worker.GetProperty("state").GetString() is "Starting" or "Stopping" or "BackingOff").ToArray();
            return string.Concat(moving.Take(3).Select(worker => $", {worker.GetProperty("name").GetString()} is {worker.GetProperty("state").GetString()}")) + (moving.Length > 3 ? $" and {moving.Length - 3} more" : "");
        }
        catch (Exception exception) when (exception is NoManagerException or WorkerManagementException or JsonException)
        {
            // The work itself will say what is wrong.
            return "";
        }
    }

    private static string Cut(string text) => text.Length < Screen.WidthNow() ? text : text[..(Screen.WidthNow() - 1)];
}
