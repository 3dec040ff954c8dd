using WorkerManagement.Posix;

namespace WorkerManagement.Guard;

// The guard's scheme.
//
// One thread, one epoll instance, no timers but the wait's own time-out. Each turn of the loop does the same things in the same
// order, so that what one event means never depends on which other came first:
//
//   1. events     frames from the manager, the lifeline, the deaths of keeper, manager and watched processes, emptied cgroups,
//                 output to be drained. These only note and begin things.
//   2. reap       every child that ended, when SIGCHLD said that one did (it was read before the look, so that a later death is told
//                 again). A leader stays a zombie (its pid and its process group are its own) until what is
//                 signalled by that number has been signalled; then it is reaped and its exit reported.
//   3. settle     each run whose leader is gone: is a member left? If not, the run is over, and only now is that said.
//                 If so: nobody asked it to go → its members are killed; its ladder runs → they get the step's signal and the
//                 rest of the step.
//   4. deadlines  ladder steps that are over; SIGKILL to all members at the end; a run that outlives SIGKILL is reported as
//                 not settled, and killing goes on.
//
// What cannot happen:
// - A signal to a stranger. Numbers are used for unreaped children only (and a group only while its leader is unreaped);
//   everyone else is pinned by a pidfd and looked at again before the signal goes.
// - A member that is not found. With a cgroup the kernel keeps the list. Without one see Members: this process is a subreaper,
//   so every orphan becomes its child, tagged from birth (Spawning), and SIGCHLD announces whatever changes.
// - "Settled" by mistake. Empty means empty to the kernel: populated 0, or no tagged child in two looks with nothing in between.
// - Waiting for the manager. Frames to it are queued, its death starts every ladder, and its silence means nothing.
//
// The end: the lifeline (standard input, whose other end only the manager has) closes, or SIGTERM, or the manager says so. Every
// ladder runs at once; when all runs are settled, whatever child is left is killed until waitid answers ECHILD. If the keeper
// dies there is nobody to clean up behind this process: everything is killed now.

/// <summary>The loop. What begins, signals and ends runs is in <see cref="Runs"/>, what frames say in <see cref="Commands"/>.</summary>
internal sealed class GuardLoop : IDisposable
{
    private const ulong SignalKey = 1, LifelineKey = 2, ListenKey = 3, KeeperKey = 4, ManagerKey = 5;
    private const int ClientKind = 6;

    /// <summary>Everybody but the manager is turned away after the first frame; few wait with theirs.</summary>
    private const int MaximumClients = 16;

    private readonly Epoll _epoll = new();
    private readonly PidFd _keeper;
    private readonly PidFd _manager;
    private readonly int _signals;
    private readonly int _listener;
    private readonly Runs _runs;
    private readonly Commands _commands;
    private readonly Dictionary<int, Connection> _clients = [];
    private int _stopRequests;

    // SIGCHLD came and has not been followed by a look yet. To ask without it costs a walk over all children, for nothing.
    private bool _childEnded = true;

    internal GuardLoop(GuardContext context, int listener, PidFd keeper, PidFd manager)
    {
        (_listener, _keeper, _manager) = (listener, keeper, manager);
        _runs = new(context, _epoll);
        _commands = new(context, _runs);
        _signals = Signals.OpenDescriptor(Signals.Child, Signals.Terminate, Signals.Interrupt, Signals.Hangup, Signals.Quit);
        _epoll.Add(_signals, EpollInterest.Read, SignalKey);
        _epoll.Add(0, EpollInterest.None, LifelineKey);
        _epoll.Add(listener, EpollInterest.Read, ListenKey);
        _epoll.Add(keeper.Descriptor, EpollInterest.Read, KeeperKey);
        _epoll.Add(manager.Descriptor, EpollInterest.Read, ManagerKey);
    }

    /// <summary>Runs until everything is over. False when something outlived SIGKILL.</summary>
    internal bool Run()
    {
        Span<EpollEvent> events = stackalloc EpollEvent[64];
        while (!(_runs.ShuttingDown && _runs.IsEmpty) && !_runs.Abandoned)
        {
            var count = _epoll.Wait(events, _runs.MillisecondsToNextDeadline());
            _runs.BeginPass();
            for (var i = 0; i < count; i++)
            {
                Dispatch(events[i]);
            }

            // What was begun is told before any of it can end: the ends of its pipes that go along are closed with it.
            foreach (var client in _clients.Values)
            {
                client.SendPassed();
            }

            if (_childEnded)
            {
                _childEnded = false;
                _runs.Reap();
            }

            _runs.Settle();
            _runs.MeetDeadlines();
            FlushClients();
        }

        _runs.Dispose();
        var clean = LastKill.Run(_runs.Cgroups, TimeSpan.FromSeconds(2));
        FlushClients();
        if (!clean)
        {
            Output.Log("processes outlived SIGKILL; the next start of this state directory ends them, or 'workers reap'");
        }

        return clean;
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Close();
        }

        Descriptors.Close(_listener);
        Descriptors.Close(_signals);
        _epoll.Dispose();
    }

    private void Dispatch(EpollEvent ready)
    {
        switch (ready.Key)
        {
            case SignalKey:
                ReadSignals();
                break;
            case LifelineKey:
                _epoll.Remove(0);
                _runs.ManagerGone();
                break;
            case ManagerKey:
                _epoll.Remove(_manager.Descriptor);
                _runs.ManagerGone();
                break;
            case KeeperKey:
                _epoll.Remove(_keeper.Descriptor);
                Output.Log("the keeper is gone: ending everything");
                _runs.ReleaseWatched();
                _runs.KillAll();
                break;
            case ListenKey:
                Accept();
                break;
            default:
                if ((int)(ready.Key >> 32) == ClientKind)
                {
                    Serve((int)ready.Key, ready.Ready);
                }
                else
                {
                    _runs.OnEvent(ready);
                }

                break;
        }
    }

    private void ReadSignals()
    {
        while (Signals.ReadDescriptor(_signals) is { Signal: > 0 } next)
        {
            if (next.Signal == Signals.Child)
            {
                _childEnded = true;
                continue;
            }

            if (_stopRequests++ == 0)
            {
                Output.Log($"{SignalName.Of(next.Signal)} from process {next.Sender}: stopping all");
                _runs.StopAll();
            }
            else
            {
                _runs.KillAll();
            }
        }
    }

    private void Accept()
    {
        int descriptor;
        while ((descriptor = UnixSockets.TryAccept(_listener)) >= 0)
        {
            var peer = UnixSockets.GetPeer(descriptor);
            if ((peer.UserId != ProcessControl.UserId && peer.UserId != 0) || _clients.Count >= MaximumClients || !Room.IsLeftAfter(descriptor))
            {
                Descriptors.Close(descriptor);
                continue;
            }

            _clients[descriptor] = new(descriptor, peer);
            _epoll.Add(descriptor, EpollInterest.Read, KeyOf(descriptor));
        }
    }

    private void Serve(int descriptor, EpollInterest ready)
    {
        if (!_clients.TryGetValue(descriptor, out var client))
        {
            return;
        }

        try
        {
            if ((ready & (EpollInterest.Read | EpollInterest.HangUp | EpollInterest.Error)) != 0 && !client.Receive(_commands.Handle))
            {
                Drop(client);
            }
        }
        catch (Wire.FrameException exception)
        {
            _commands.Refuse(client, exception.Message);
            Drop(client);
        }
    }

    private void FlushClients()
    {
        List<Connection>? broken = null;
        foreach (var client in _clients.Values)
        {
            if (client.IsBroken || !client.Flush())
            {
                (broken ??= []).Add(client);
            }
            else if (client.WantsWrite != client.WaitsForWrite)
            {
                client.WaitsForWrite = client.WantsWrite;
                _epoll.Change(client.Descriptor, client.WantsWrite ? EpollInterest.Read | EpollInterest.Write : EpollInterest.Read, KeyOf(client.Descriptor));
            }
        }

        broken?.ForEach(Drop);
    }

    private void Drop(Connection client)
    {
        _runs.Detach(client);
        _clients.Remove(client.Descriptor);
        _epoll.Remove(client.Descriptor);
        client.Close();
    }

    private static ulong KeyOf(int descriptor) => ((ulong)ClientKind << 32) | (uint)descriptor;
}
