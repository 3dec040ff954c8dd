using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;
using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace Torture.Tests;

/// <summary>A process that announced itself, pinned while it lived.</summary>
internal sealed record Member(string Name, long Run, int Pid, PidFd? Pin)
{
    internal bool HasEnded => Pin is null || Pin.HasEnded;
}

/// <summary>
/// A FIFO that every worker opens for writing with its first instruction and that everything it forks inherits: its end proves that
/// all are gone, known or not. Each member also says its name, run and pid in it and is pinned: that proves it of those who close every
/// descriptor.
/// </summary>
internal sealed partial class DeathWitness : IDisposable
{
    private readonly Channel<Member> _announced = Channel.CreateUnbounded<Member>();
    private readonly List<Member> _members = [];
    private readonly List<string> _overlaps = [];
    private readonly int _readEnd;
    private readonly Task _reading;
    private int _ownWriteEnd;

    internal DeathWitness(string path)
    {
        Path = path;
        mkfifo(path, 0x1B6).ShouldBe(0);
        File.SetUnixFileMode(path, (UnixFileMode)0x1B6);
        _readEnd = Descriptors.Open(path, Descriptors.ReadOnly | Descriptors.NonBlocking);
        _ownWriteEnd = Descriptors.Open(path, Descriptors.WriteOnly);
        _reading = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    internal string Path { get; }

    /// <summary>Who announced itself so far. Only for the one that awaits announcements.</summary>
    internal IReadOnlyList<Member> Members => _members;

    /// <summary>Members of an earlier run of the same worker that were alive when a later one came.</summary>
    internal IReadOnlyList<string> Overlaps => _overlaps;

    /// <summary>Waits for this many more members.</summary>
    internal async Task<IReadOnlyList<Member>> AnnouncedAsync(int count, CancellationToken cancel)
    {
        var before = _members.Count;
        while (_members.Count < before + count)
        {
            var next = await NextAsync(before, count, cancel);
            _overlaps.AddRange(_members.Where(old => old.Name == next.Name && old.Run != next.Run && !old.HasEnded).Select(old => $"{old} beside {next}"));
            _members.Add(next);
        }

        return _members[before..];
    }

    private async Task<Member> NextAsync(int before, int count, CancellationToken cancel)
    {
        try
        {
            return await _announced.Reader.ReadAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            var there = _members[before..].GroupBy(member => (member.Name, member.Run)).Select(group => $"{group.Key} {group.Count()}, {group.Count(member => member.HasEnded)} ended");
            throw new TimeoutException($"{count} members were to come; there are: {string.Join("; ", there)}");
        }
    }

    /// <summary>Waits until nobody has the write end any more, and nobody who announced itself lives.</summary>
    internal async Task AllGoneAsync(CancellationToken cancel)
    {
        LetGo();
        await _reading.WaitAsync(cancel);
        while (_announced.Reader.TryRead(out var late))
        {
            _members.Add(late);
        }

        _members.Where(member => !member.HasEnded).Select(member => $"{member.Name} {member.Pid} {ProcStat.TryRead(member.Pid)}").ShouldBeEmpty();
    }

    /// <summary>Whether the end was reached.</summary>
    internal bool IsAtEnd => _reading.IsCompletedSuccessfully;

    /// <summary>From here on only members hold the write end.</summary>
    internal void LetGo() => Descriptors.Close(Interlocked.Exchange(ref _ownWriteEnd, -1));

    public void Dispose()
    {
        LetGo();
        foreach (var member in _members)
        {
            member.Pin?.Dispose();
        }

        if (_reading.IsCompleted)
        {
            Descriptors.Close(_readEnd);
        }
    }

    private void Read()
    {
        var line = new List<byte>();
        Span<byte> buffer = stackalloc byte[4096];
        int count;
        do
        {
            Poll.IsReadable(_readEnd, -1);
            count = Descriptors.Read(_readEnd, buffer);
            foreach (var one in buffer[..Math.Max(0, count)])
            {
                if (one != '\n')
                {
                    line.Add(one);
                    continue;
                }

                var words = Encoding.UTF8.GetString([.. line]).Split(' ');
                line.Clear();
                var pid = int.Parse(words[2]);
                _announced.Writer.TryWrite(new(words[0], long.Parse(words[1]), pid, PidFd.TryOpen(pid)));
            }
        }
        while (count != 0);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, int mode);
}
