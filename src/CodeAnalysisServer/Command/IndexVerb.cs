using CodeAnalysisServer.Serving;
using Microsoft.Extensions.DependencyInjection;
using WorkerManagement;

namespace CodeAnalysisServer.Command;

/// <summary><c>index</c>: builds the index, or brings it up to date, and ends. Through the running server where there is one.</summary>
internal static class IndexVerb
{
    public static async Task<int> RunAsync(IReadOnlyList<string> roots, bool given, string data, string embedding, CancellationToken cancellationToken)
    {
        using (var asking = await Asking.OpenAsync(data, cancellationToken).ConfigureAwait(false))
        {
            if (asking.Server is not null)
            {
                return await RefreshAsync(asking, given ? roots : [], cancellationToken).ConfigureAwait(false);
            }
        }

        if (await ServerHost.StartAsync(ServeOptions.From(roots, data, "http://127.0.0.1:0", embedding), cancellationToken).ConfigureAwait(false) is not { } app)
        {
            return 1;
        }

        await using (app.ConfigureAwait(false))
        {
            var manager = app.Services.GetRequiredService<WorkerManager>();
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(app.Lifetime.ApplicationStopping, cancellationToken);
            var progress = new ConsoleProgress(manager, ChosenDatabase.In(Environment.CurrentDirectory), Console.WriteLine);
            var telling = progress.RunAsync(ended.Token);
            var failing = GaveUpAsync(manager, ended.Token);
            var first = await Task.WhenAny(progress.Ready, failing, telling).ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            await telling.ConfigureAwait(false);
            var failed = await failing.ConfigureAwait(false);
            await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
            return first == progress.Ready ? 0 : throw new FailedException(failed ?? "stopped before the index was ready; run it again, it goes on where it was");
        }
    }

    private static async Task<int> RefreshAsync(Asking asking, IReadOnlyList<string> roots, CancellationToken cancellationToken)
    {
        Output.Note(asking.By);
        foreach (var root in roots)
        {
            await asking.AskAsync("add_project", cancellationToken, ("root", ServeOptions.Resolve("--root", root))).ConfigureAwait(false);
        }

        while (!cancellationToken.IsCancellationRequested)
        {
            var answer = await asking.AskAsync("update_indexes", cancellationToken, ("wait_seconds", "600")).ConfigureAwait(false);
            if (answer.GetProperty("done").GetBoolean())
            {
                var database = await asking.AskAsync("get_database_status", cancellationToken).ConfigureAwait(false);
                Console.WriteLine($"index ready: {database.GetProperty("files")} files, {database.GetProperty("chunks")} chunks");
                return 0;
            }

            Console.WriteLine(answer.GetProperty("message").GetString());
        }

        return 1;
    }

    // The reason; null when cancelled first.
    private static async Task<string?> GaveUpAsync(WorkerManager manager, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var report in manager.WatchAsync(cancellationToken).ConfigureAwait(false))
            {
                if (report.Workers.FirstOrDefault(worker => worker.State is WorkerState.GaveUp) is { } worker)
                {
                    return $"{worker.Type} gave up: {worker.Why}; its log is in '{manager.LogDirectory}'";
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The index is ready, or nobody wants it any more.
        }

        return null;
    }
}
