using System.Globalization;
using System.Runtime.InteropServices;
using WorkerManagement.Cli.Output;

namespace WorkerManagement.Cli.Drilling;

/// <summary><c>workers drill</c>: strikes, and looks whether the promises are kept. On a scratch manager unless it is told to take the real one.</summary>
internal static class DrillVerb
{
    public static async Task<int> RunAsync(Invocation call, bool real, bool withManager, CancellationToken cancellationToken)
    {
        if (withManager && !real)
        {
            return call.Wrong("--manager is for the real one, together with --yes; the scratch manager is killed anyway");
        }

        List<Promise> promises;
        try
        {
            promises = real ? await RealAsync(call, withManager, cancellationToken).ConfigureAwait(false) : await ScratchAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return call.Fail("the drill was ended before it was done; what it had started is gone");
        }

        var kept = promises.All(promise => promise.Kept);
        if (call.Json)
        {
            _ = call.PrintValue(writer =>
            {
                writer.WriteBoolean("success", kept);
                writer.WriteObjects("promises", promises, promise =>
                {
                    writer.WriteString("name", promise.Name);
                    writer.WriteBoolean("kept", promise.Kept);
                    writer.WriteString("found", promise.Found);
                    writer.WriteNumber("seconds", Math.Round(promise.Took.TotalSeconds, 3));
                });
            });
        }

        return !kept ? call.Fail($"{promises.Count(promise => !promise.Kept)} of {promises.Count} promises were not kept") : call.Json ? ExitCodes.Done : call.Confirm($"{promises.Count} promises were kept");
    }

    private static async Task<List<Promise>> ScratchAsync(Invocation call, CancellationToken cancellationToken)
    {
        // Whoever ends a drill ends what it started.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        var drill = new ScratchDrill();
        await using (drill.ConfigureAwait(false))
        {
            return await drill.RunAsync(promise => Tell(call, promise), ended.Token).ConfigureAwait(false);
        }

        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            ended.Cancel();
        }
    }

    private static async Task<List<Promise>> RealAsync(Invocation call, bool withManager, CancellationToken cancellationToken)
    {
        var manager = new DrilledManager(call.StateDirectory);
        var drill = new Drill(manager);
        var promises = new List<Promise>();
        foreach (var (name, run) in await manager.RunsAsync(cancellationToken).ConfigureAwait(false))
        {
            Add(await drill.KillWorkerAsync(name, run, cancellationToken).ConfigureAwait(false));
        }

        Add(await drill.KillGuardianAsync(keeper: false, cancellationToken).ConfigureAwait(false));
        Add(await drill.KillGuardianAsync(keeper: true, cancellationToken).ConfigureAwait(false));
        if (withManager)
        {
            Add(await drill.KillManagerAsync(cancellationToken).ConfigureAwait(false));
        }

        return promises;

        void Add(Promise promise)
        {
            promises.Add(promise);
            Tell(call, promise);
        }
    }

    private static void Tell(Invocation call, Promise promise)
    {
        if (!call.Json && (!call.Quiet || !promise.Kept))
        {
            var word = promise.Kept ? "kept  " : "BROKEN";
            call.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(call.Screen.Colour ? Table.Painted(word, promise.Kept ? Tone.Good : Tone.Bad) : word)}  {promise.Name}: {promise.Found} ({promise.Took.TotalSeconds:0.00} s)"));
        }
    }
}
