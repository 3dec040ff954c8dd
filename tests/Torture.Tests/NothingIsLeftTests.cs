using System.Diagnostics;
using ScriptedServer;
using WorkerManagement;
using WorkerManagement.Guarding;
using WorkerManagement.Posix;

namespace Torture.Tests;

/// <summary>
/// Every way in which a server and its guardians may go, each with every nasty worker at once. The witness says that nobody is
/// left, the tag scan says so too, and a process that only looks like a worker lives on.
/// </summary>
public abstract class NothingIsLeftTests
{
    private const int Kill = 9, Terminate = 15, Stop = 19;

    private readonly Setting _setting;

    private protected NothingIsLeftTests(Setting setting) => _setting = setting;

    public static TheoryData<string> Ways =>
    [
        "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "host SIGTERM", "host SIGINT", "host SIGHUP", "host SIGQUIT", "SIGTERM twice",
        "unhandled exception", "FailFast", "Exit", "return from Main", "SIGKILL", "SIGSTOP, then SIGKILL",
        "guard killed", "keeper killed", "server and guard killed", "all three killed, then a new start",
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Nothing_is_left(string way)
    {
        await Machine.SkipUnlessPossibleAsync(_setting);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(TimeSpan.FromSeconds(90));
        var began = Stopwatch.GetTimestamp();
        using var scene = new Scene(_setting);
        await using var server = Server.Start(_setting, scene.Root, scene.Witness, way.StartsWith("host", StringComparison.Ordinal) ? "host" : "instance", OwnWay(way));
        await server.UpAsync(bound.Token);
        var first = await scene.Witness.AnnouncedAsync(NastyWorkers.All.Sum(worker => worker.Announces), bound.Token);
        if (server.Containment != _setting.Containment)
        {
            server.Pin.Send(Terminate);
            await scene.AllGoneAsync(bound.Token);
            scene.IsOver = true;
            Assert.Skip($"containment here is '{server.Containment}': {server.Note}");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"up after {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");
        var struck = Stopwatch.GetTimestamp();
        await StrikeAsync(way, server, scene, bound.Token);
        await scene.AllGoneAsync(bound.Token);
        TestContext.Current.TestOutputHelper?.WriteLine($"{way}, {_setting.Containment}: gone after {Stopwatch.GetElapsedTime(struck).TotalMilliseconds:0} ms, {scene.Witness.Members.Count} members");
        scene.Witness.Overlaps.ShouldBeEmpty();
        (await server.EndedAsync(bound.Token)).ShouldBe(ExitCode(way));
        scene.BystandersLive();
        first.ShouldAllBe(member => member.HasEnded);
        scene.IsOver = true;
    }

    private static async Task StrikeAsync(string way, Server server, Scene scene, CancellationToken cancel)
    {
        switch (way)
        {
            case "SIGTERM twice":
                server.Pin.Send(Terminate).ShouldBeTrue();
                // The stop is going on once the first cooperative worker is gone.
                var plain = scene.Witness.Members.First(member => member.Name == "plain");
                await Waits.EndOf(plain.Pin!, cancel);
                // One that comes at once is taken for the first one told twice.
                await Task.Delay(150, cancel);
                server.Pin.Send(Terminate);
                break;
            case "SIGSTOP, then SIGKILL":
                server.Pin.Send(Stop).ShouldBeTrue();
                server.Pin.Send(Kill).ShouldBeTrue();
                break;
            case "SIGKILL":
                server.Pin.Send(Kill).ShouldBeTrue();
                break;
            case "guard killed" or "keeper killed":
                (way[0] == 'g' ? server.Guard : server.Keeper).Send(Kill).ShouldBeTrue();
                await scene.NextGenerationAsync(worker => worker.Restart == RestartPolicy.Permanent, cancel);
                server.Pin.Send(Terminate).ShouldBeTrue();
                break;
            case "server and guard killed":
                Together(server.Pin, server.Guard);
                break;
            case "all three killed, then a new start":
                Together(server.Pin, server.Guard, server.Keeper);
                await server.EndedAsync(cancel);
                scene.Witness.Members.Count(member => !member.HasEnded).ShouldBeGreaterThan(20, "nobody was there to end them: this is what is to be found");
                await using (var second = Server.Start(scene.Setting, scene.Root, scene.Witness, "instance", "wait"))
                {
                    await scene.NextGenerationAsync(_ => true, cancel);
                    await second.UpAsync(cancel);
                    second.Pin.Send(Terminate).ShouldBeTrue();
                    (await second.EndedAsync(cancel)).ShouldBe(128 + Terminate);
                }

                break;
            default:
                if (SignalOf(way) is { } signal)
                {
                    server.Pin.Send(signal).ShouldBeTrue();
                }

                break;
        }
    }

    // Stopped first, so that none sees another die.
    private static void Together(params ReadOnlySpan<PidFd> victims)
    {
        foreach (var signal in (ReadOnlySpan<int>)[Stop, Kill])
        {
            foreach (var victim in victims)
            {
                victim.Send(signal).ShouldBeTrue();
            }
        }
    }

    private static string OwnWay(string way) => way switch
    {
        "unhandled exception" => "throw",
        "FailFast" => "fail-fast",
        "Exit" => "exit",
        "return from Main" => "return",
        _ => "wait",
    };

    private static int ExitCode(string way) => way switch
    {
        "unhandled exception" or "FailFast" => 128 + 6,
        "Exit" => 3,
        "return from Main" => 4,
        "guard killed" or "keeper killed" or "SIGTERM twice" => 128 + Terminate,
        _ when way.StartsWith("host", StringComparison.Ordinal) => 0,
        _ => 128 + (SignalOf(way) ?? Kill),
    };

    private static int? SignalOf(string way) => way.Split(' ')[^1] switch
    {
        "SIGTERM" => Terminate,
        "SIGINT" => 2,
        "SIGHUP" => 1,
        "SIGQUIT" => 3,
        _ => null,
    };
}

public sealed class WithCgroup() : NothingIsLeftTests(new("cgroup", AsOrdinaryUser: false));

public sealed class WithTag() : NothingIsLeftTests(new("tag", AsOrdinaryUser: false));

public sealed class WithTagAsOrdinaryUser() : NothingIsLeftTests(new("tag", AsOrdinaryUser: true));
