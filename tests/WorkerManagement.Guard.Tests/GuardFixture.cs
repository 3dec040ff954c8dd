using System.Threading.Channels;
using WorkerManagement.Guarding;

namespace WorkerManagement.Guard.Tests;

/// <summary>A guard of its own in a state directory of its own, and what it says.</summary>
internal sealed class GuardFixture : IAsyncDisposable
{
    private readonly Channel<GuardEvent> _events = Channel.CreateUnbounded<GuardEvent>();
    private long _next;

    private GuardFixture(string directory) => Directory = directory;

    public string Directory { get; }

    public GuardClient Client { get; private set; } = null!;

    public static async Task<GuardFixture> StartAsync(Containment strongest, string? directory = null, string? guardPath = null)
    {
        var fixture = new GuardFixture(directory ?? System.IO.Directory.CreateTempSubdirectory("guard-").FullName);
        var options = new WorkerManagerOptions { StateDirectory = fixture.Directory, Containment = strongest, GuardPath = guardPath ?? Guard };
        fixture.Client = await GuardClient.StartAsync(options, fixture._events.Writer, TestContext.Current.CancellationToken);
        return fixture;
    }

    // The variable goes before the option: taken out of the way, so that a test may wrap the guard that it names.
    public static string Guard { get; } = TakeFromEnvironment() ?? Path.Combine(AppContext.BaseDirectory, "guard", "workers-guard");

    private static string? TakeFromEnvironment()
    {
        var chosen = Environment.GetEnvironmentVariable("WORKERS_GUARD");
        Environment.SetEnvironmentVariable("WORKERS_GUARD", null);
        return chosen;
    }

    /// <summary>A guard that has few descriptors.</summary>
    public static string WithOpenFiles(string directory, int most)
    {
        var script = Path.Combine(directory, "few-descriptors");
        File.WriteAllText(script, $"#!/bin/sh\nulimit -n {most}\nexec '{Guard}' \"$@\"\n");
        File.SetUnixFileMode(script, (UnixFileMode)0x1ED);
        return script;
    }

    /// <summary>Starts a run of a shell command line and waits until it runs.</summary>
    public async Task<GuardEvent.Spawned> ShellAsync(string script, params LadderStep[] ladder) =>
        (await TryShellAsync(script, ladder)).ShouldBeOfType<GuardEvent.Spawned>();

    /// <summary>Starts a run of a shell command line and waits for what the guard says.</summary>
    public async Task<GuardEvent> TryShellAsync(string script, params LadderStep[] ladder)
    {
        var incarnation = Interlocked.Increment(ref _next);
        Client.Spawn(new(incarnation, $"w{incarnation}", ["/bin/sh", "-c", script], [$"PATH={Environment.GetEnvironmentVariable("PATH")}"], "/", ladder.Length == 0 ? LadderStep.Default : ladder));
        return await NextAsync<GuardEvent>();
    }

    /// <summary>The next event, which must be of this kind.</summary>
    public async Task<T> NextAsync<T>() where T : GuardEvent
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        return (await _events.Reader.ReadAsync(bound.Token)).ShouldBeAssignableTo<T>()!;
    }

    /// <summary>Passes over everything until this many runs are settled.</summary>
    public async Task UntilSettledAsync(int runs)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        while (runs > 0)
        {
            runs -= await _events.Reader.ReadAsync(bound.Token) is GuardEvent.Settled ? 1 : 0;
        }
    }

    /// <summary>Passes over what comes before the loss.</summary>
    public async Task UntilLostAsync()
    {
        await foreach (var told in _events.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            if (told is GuardEvent.Lost)
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
