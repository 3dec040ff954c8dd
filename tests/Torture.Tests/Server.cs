using System.Diagnostics;
using WorkerManagement.Posix;
using WorkerManagement.Tests;

namespace Torture.Tests;

/// <summary>As whom, and with which containment, a server runs.</summary>
internal sealed record Setting(string Containment, bool AsOrdinaryUser)
{
    /// <summary>
    /// Changes the user and executes the program: it stays the process that was started. Its signals are at their defaults, though a test
    /// run in the background or under nohup ignores some.
    /// </summary>
    internal ProcessStartInfo Command(string program, params string[] arguments) => new("env",
        ["--default-signal=HUP,INT,QUIT", .. AsOrdinaryUser ? OrdinaryUser.Command : [], program, .. arguments]);
}

/// <summary>One ScriptedServer, pinned, with its guardians.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private Server(Process process)
    {
        _process = process;
        Pin = PidFd.TryOpen(process.Id).ShouldNotBeNull();
        _errors = process.StandardError.ReadToEndAsync();
    }

    internal static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "ScriptedServer");

    internal PidFd Pin { get; }

    internal PidFd Guard { get; private set; } = null!;

    internal PidFd Keeper { get; private set; } = null!;

    internal string Containment { get; private set; } = "";

    internal string Note { get; private set; } = "";

    internal static Server Start(Setting setting, string root, DeathWitness witness, string kind, string way)
    {
        var start = setting.Command(Program, "serve", kind, way, Path.Combine(root, "nested"));
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.WorkingDirectory = root;
        start.Environment["WORKERS_STATE_DIR"] = Path.Combine(root, "state");
        start.Environment["WORKERS_CONTAINMENT"] = setting.Containment;
        start.Environment["WITNESS"] = witness.Path;
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        return new(Process.Start(start)!);
    }

    /// <summary>Waits until all its workers are up.</summary>
    internal async Task UpAsync(CancellationToken cancel)
    {
        var line = await _process.StandardOutput.ReadLineAsync(cancel) ?? throw new InvalidOperationException($"the server ended: {await _errors}");
        var words = line.Split(' ', 6);
        words[0].ShouldBe("up", line);
        Guard = PidFd.TryOpen(int.Parse(words[2])).ShouldNotBeNull();
        Keeper = PidFd.TryOpen(int.Parse(words[3])).ShouldNotBeNull();
        (Containment, Note) = (words[4], words[5]);
    }

    /// <summary>Its exit code, 128 + n after signal n.</summary>
    internal async Task<int> EndedAsync(CancellationToken cancel)
    {
        await _process.WaitForExitAsync(cancel);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        Pin.Dispose();
        Guard?.Dispose();
        Keeper?.Dispose();
        _process.Dispose();
    }
}
