using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using WorkerManagement.Posix;

namespace WorkerManagement.Logs;

/// <summary>One thread reads what all workers write and puts it into their files. It sleeps while nobody writes.</summary>
internal sealed class LogCapture : IDisposable
{
    private const ulong StopKey = ulong.MaxValue;

    /// <summary>A pipe holds 1 MiB unless root made it larger.</summary>
    private const int MostRounds = 32;

    private readonly Epoll _epoll = new();
    private readonly ConcurrentDictionary<ulong, Pipe> _pipes = new();
    private readonly Thread _thread;
    private readonly (int Read, int Write) _stop = Descriptors.Pipe();
    private readonly Action<LogFile, string> _failed;
    private readonly Action<LogFile, string> _recovered;
    private ulong _nextKey;

    /// <summary>Bytes that all workers wrote.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many of them could not be kept.</summary>
    public long Dropped { get; private set; }

    private sealed record Pipe(SafeFileHandle Handle, string Worker, LogFile File, LogStream Stream, long Run, LineWatch? Watch)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <param name="failed">Told when a file's disk begins to refuse.</param>
    /// <param name="recovered">Told when it takes again.</param>
    public LogCapture(Action<LogFile, string> failed, Action<LogFile, string> recovered)
    {
        (_failed, _recovered) = (failed, recovered);
        _epoll.Add(_stop.Read, EpollInterest.Read, StopKey);
        _thread = new Thread(Run) { IsBackground = true, Name = "worker output" };
        _thread.Start();
    }

    /// <summary>Takes over a pipe's read end; it is closed at its end, when the task completes.</summary>
    public Task Add(SafeFileHandle pipe, string worker, LogFile file, LogStream stream, long run, LineWatch? watch)
    {
        var key = Interlocked.Increment(ref _nextKey);
        var added = _pipes[key] = new(pipe, worker, file, stream, run, watch);
        _epoll.Add((int)pipe.DangerousGetHandle(), EpollInterest.Read, key);
        return added.Ended.Task;
    }

    public void Dispose()
    {
        Descriptors.Close(_stop.Write);
        _thread.Join();
        Descriptors.Close(_stop.Read);
        foreach (var pipe in _pipes.Values)
        {
            pipe.Handle.Dispose();
        }

        _epoll.Dispose();
    }

    private void Run()
    {
        var events = new EpollEvent[64];
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var count = _epoll.Wait(events, -1);
            var stopping = false;
            for (var i = 0; i < count; i++)
            {
                stopping |= events[i].Key == StopKey;
                if (_pipes.TryGetValue(events[i].Key, out var pipe))
                {
                    Read(events[i].Key, pipe, buffer);
                }
            }

            if (stopping)
            {
                Drain(buffer);
                return;
            }
        }
    }

    // What was written before the end is kept. Whoever writes on without end holds nobody up.
    private void Drain(byte[] buffer)
    {
        foreach (var (key, pipe) in _pipes)
        {
            for (var round = 0; round < MostRounds && Read(key, pipe, buffer); round++)
            {
            }
        }
    }

    // False when nothing was there.
    private bool Read(ulong key, Pipe pipe, byte[] buffer)
    {
        var descriptor = (int)pipe.Handle.DangerousGetHandle();
        var count = Descriptors.Read(descriptor, buffer);
        if (count > 0)
        {
            var (healthy, dropped) = (pipe.File.Failure is null, pipe.File.Dropped);
            pipe.File.Append(buffer.AsSpan(0, count), pipe.Stream, pipe.Run);
            Bytes += count;
            Dropped += pipe.File.Dropped - dropped;
            pipe.Watch?.Feed(buffer.AsSpan(0, count));
            if (healthy && pipe.File.Failure is not null)
            {
                _failed(pipe.File, pipe.Worker);
            }
            else if (!healthy && pipe.File.Failure is null)
            {
                _recovered(pipe.File, pipe.Worker);
            }
        }
        else if (count == 0 || Descriptors.LastError is not (Errno.EAGAIN or Errno.EINTR))
        {
            _epoll.Remove(descriptor);
            _pipes.TryRemove(key, out _);
            pipe.Handle.Dispose();
            pipe.Ended.SetResult();
        }

        return count > 0;
    }
}
