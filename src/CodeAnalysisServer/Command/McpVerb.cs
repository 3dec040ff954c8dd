using CodeAnalysisServer.Mcp;
using CodeAnalysisServer.Serving;
using Microsoft.AspNetCore.Builder;

namespace CodeAnalysisServer.Command;

/// <summary>
/// <c>mcp</c>: the protocol on standard input and output, for a coding assistant that starts its servers itself. It uses the server
/// that runs in the data directory; where none does it is the server itself until its input ends, and others use it meanwhile. When
/// one that was used ends, the next call finds the next one, or becomes it.
/// </summary>
internal static class McpVerb
{
    // Another process may be starting at this moment.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(ServeOptions options, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        WebApplication? own = null;
        var bridge = new McpBridge(async cancel =>
        {
            if (await RunningServer.FindAsync(options.Data, cancel).ConfigureAwait(false) is { } running)
            {
                return running;
            }

            await Console.Error.WriteLineAsync($"no server runs in '{options.Data}'; this process is it now").ConfigureAwait(false);
            try
            {
                own = await ServerHost.StartAsync(options, ended.Token).ConfigureAwait(false);
                own?.Lifetime.ApplicationStopping.Register(ended.Cancel);
                return await RunningServer.FindAsync(options.Data, cancel).ConfigureAwait(false) ?? throw new UsageException("the server was asked to stop while it started");
            }
            catch (UsageException)
            {
                // Two at once: the other one was first.
                if (await RunningServer.AppearsAsync(options.Data, Patience, cancel).ConfigureAwait(false) is { } other)
                {
                    return other;
                }

                throw;
            }
        });
        try
        {
            await using (bridge.ConfigureAwait(false))
            {
                await bridge.RunAsync(ended.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // A signal.
        }
        finally
        {
            if (own is not null)
            {
                await own.StopAsync(CancellationToken.None).ConfigureAwait(false);
                await own.DisposeAsync().ConfigureAwait(false);
            }
        }

        return 0;
    }
}
