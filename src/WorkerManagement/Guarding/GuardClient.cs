using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using WorkerManagement.Posix;
using WorkerManagement.Wire;

namespace WorkerManagement.Guarding;

/// <summary>
/// One pair of keeper and guard, and the connection to it. Requests never wait for the guard: they are queued for the sender.
/// Events arrive on the channel given at the start, in the guard's order; <see cref="GuardEvent.Lost"/> is the last, and comes
/// only when both processes are gone. Requests may be made from any thread.
/// </summary>
internal sealed partial class GuardClient : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(5);

    private readonly Process _keeper;
    private readonly GuardSocket _socket;
    private readonly ChannelWriter<GuardEvent> _events;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<IReadOnlyList<int>>> _memberRequests = new();
    private readonly ConcurrentDictionary<long, TaskCompletionSource<bool>> _probes = new();
    private readonly FrameWriter _writer = new();
    private readonly Lock _writing = new();
    private readonly Task _receiving;
    private readonly PidFd? _guardPin;
    private long _lastProbe;
    private int _disposed;
    private volatile bool _lost;

    private GuardClient(Process keeper, GuardSocket socket, GuardInfo info, ChannelWriter<GuardEvent> events)
    {
        (_keeper, _socket, Info, _events) = (keeper, socket, info, events);
        _guardPin = PidFd.TryOpen(info.GuardPid);
        _receiving = Task.Factory.StartNew(Receive, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Whether both processes are gone: <see cref="GuardEvent.Lost"/> was sent, or is about to be.</summary>
    public bool IsLost => _lost;

    /// <summary>Who guards.</summary>
    public GuardInfo Info { get; }

    /// <summary>Starts keeper and guard, sweeps what an earlier pair left, and connects.</summary>
    /// <exception cref="WorkerManagementException">The guard is missing, of another version, or did not answer.</exception>
    public static async Task<GuardClient> StartAsync(WorkerManagerOptions options, ChannelWriter<GuardEvent> events, CancellationToken cancellationToken)
    {
        var state = Path.GetFullPath(options.StateDirectory);
        var keeper = GuardLauncher.Start(options, state);
        try
        {
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            bound.CancelAfter(StartBound);
            var answer = await keeper.StandardOutput.ReadLineAsync(bound.Token).ConfigureAwait(false);
            if (answer != "ready")
            {
                throw new WorkerManagementException(answer is null
                    ? $"the guard ended before it was ready; see '{Path.Combine(state, "guard.log")}', and check that '{GuardLauncher.Find(options)}' runs on this machine"
                    : $"the guard could not start: {answer.Replace("error ", "", StringComparison.Ordinal)}");
            }

            var socket = GuardSocket.Connect(state);
            var info = socket.Greet(GuardLauncher.Version);
            return new(keeper, socket, info, events);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await EndAsync(keeper).ConfigureAwait(false);
            throw new WorkerManagementException(
                $"the guard was not ready within {StartBound.TotalSeconds:0} s; an earlier guard of '{state}' may still be stopping its workers: look at '{Path.Combine(state, "guard.log")}' and try again");
        }
        catch (Exception exception) when (exception is PosixException or FrameException)
        {
            await EndAsync(keeper).ConfigureAwait(false);
            throw new WorkerManagementException($"the guard '{GuardLauncher.Find(options)}' does not answer as one: {exception.Message}; use guard and library of one package (unset WORKERS_GUARD)", exception);
        }
        catch
        {
            await EndAsync(keeper).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Tells guard and keeper to end, and waits until they are gone (they stop what still runs first).</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        CloseLifeline();
        await _receiving.ConfigureAwait(false);
        _guardPin?.Dispose();
        _keeper.Dispose();
    }

    private static async Task EndAsync(Process keeper)
    {
        keeper.StandardInput.BaseStream.Dispose();
        try
        {
            await keeper.WaitForExitAsync().WaitAsync(EndBound).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It started nothing yet: it waits for an earlier pair, or is no guard at all.
            keeper.Kill();
            await keeper.WaitForExitAsync().ConfigureAwait(false);
        }

        keeper.Dispose();
    }

    private void CloseLifeline()
    {
        // The stream itself, at once and as often as wanted: nothing was ever written to it that could be flushed.
        _keeper.StandardInput.BaseStream.Dispose();
    }

    private void Receive()
    {
        var reason = "the guard closed its connection";
        try
        {
            while (_socket.TryReceive(out var kind, out var payload, out var descriptors))
            {
                if (kind == MessageKind.MembersAre)
                {
                    var reader = new FrameReader(payload.Span);
                    var (incarnation, pids) = GuardWire.ReadMembers(ref reader);
                    if (_memberRequests.TryRemove(incarnation, out var waiting))
                    {
                        waiting.TrySetResult(pids);
                    }
                }
                else if (kind == MessageKind.ProbeEnded)
                {
                    var reader = new FrameReader(payload.Span);
                    if (_probes.TryRemove(reader.Int64(), out var waiting))
                    {
                        waiting.TrySetResult(reader.Int32() == 1);
                    }
                }
                else if (GuardWire.Read(kind, payload.Span, descriptors.Span) is { } told)
                {
                    if (told is GuardEvent.Lost lost)
                    {
                        reason = lost.Reason;
                        break;
                    }

                    _events.TryWrite(told);
                }
            }
        }
        catch (Exception exception) when (exception is FrameException or PosixException)
        {
            reason = $"the guard's answer made no sense: {exception.Message}";
        }

        WaitUntilGone();
        _socket.Dispose();
        foreach (var waiting in _memberRequests.Values)
        {
            waiting.TrySetResult([]);
        }

        _lost = true;
        foreach (var waiting in _probes.Values)
        {
            waiting.TrySetResult(false);
        }

        _events.TryWrite(new GuardEvent.Lost(reason));
    }

    // Only when both are dead is it certain that whatever they had is dead or nobody's.
    private void WaitUntilGone()
    {
        CloseLifeline();
        _keeper.WaitForExit();
        if (_guardPin is { } pin)
        {
            _ = Poll.IsReadable(pin.Descriptor, -1);
        }
    }
}
