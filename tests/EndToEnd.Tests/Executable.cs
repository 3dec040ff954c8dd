using System.Diagnostics;
using WorkerManagement.Posix;

namespace EndToEnd.Tests;

/// <summary>One of our programs as a process of its own, its lines as they come.</summary>
internal sealed class Executable : IAsyncDisposable
{
    // From one line to the next.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<string> _lines = [];
    private readonly SemaphoreSlim _news = new(0);

    private int _ended;

    private Executable(Process process) => Process = process;

    public Process Process { get; }

    /// <summary>Starts it with its signals at their defaults, though a test run in the background or under nohup ignores some.</summary>
    public static Executable Start(string name, params string[] arguments) =>
        Begin(new ProcessStartInfo("env", ["--default-signal=HUP,INT,QUIT", name == "env" ? name : Path.Combine(AppContext.BaseDirectory, name), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true });

    /// <summary>The same in a directory.</summary>
    public static Executable StartIn(string directory, params string[] words) =>
        Begin(new("env", ["--default-signal=HUP,INT,QUIT", Path.Combine(AppContext.BaseDirectory, words[0]), .. words[1..]]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = directory });

    /// <summary>The same with a standard input to write to.</summary>
    public static Executable StartWithInput(string name, params string[] arguments) =>
        Begin(new("env", ["--default-signal=HUP,INT,QUIT", Path.Combine(AppContext.BaseDirectory, name), .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true });

    /// <summary>Starts it in a terminal of its own; what is written to the standard input is typed there.</summary>
    public static Executable StartInTerminal(string name, params string[] arguments)
    {
        // exec: a shell that stayed would take the Ctrl-C for itself too, and not every shell goes away unasked.
        var line = "exec " + string.Join(' ', arguments.Prepend(Path.Combine(AppContext.BaseDirectory, name)).Select(word => $"'{word}'"));
        return Begin(new("env", ["--default-signal=HUP,INT,QUIT", "script", "-qefc", line, "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true });
    }

    private static Executable Begin(ProcessStartInfo start)
    {
        var executable = new Executable(Process.Start(start)!);
        executable.Process.OutputDataReceived += (_, line) => executable.Add(line.Data);
        executable.Process.ErrorDataReceived += (_, line) => executable.Add(line.Data);
        executable.Process.BeginOutputReadLine();
        executable.Process.BeginErrorReadLine();
        return executable;
    }

    /// <summary>Runs the SDK to its end in a directory. Its servers would outlive it: they are not used; what it forgets goes into a scratch directory.</summary>
    public static async Task<(int Code, string Output)> RunSdkAsync(string directory, string scratch, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = directory };
        start.Environment["TMPDIR"] = scratch;
        (start.Environment["MSBUILDDISABLENODEREUSE"], start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"], start.Environment["UseSharedCompilation"]) = ("1", "0", "false");
        await using var executable = Begin(start);
        await executable.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (executable.Process.ExitCode, executable.All);
    }

    /// <summary>Runs to the end.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string name, params string[] arguments)
    {
        await using var executable = Start(name, arguments);
        await executable.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (executable.Process.ExitCode, executable.All);
    }

    public string All
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Waits for a line that contains this.</summary>
    public async Task<string> LineAsync(string part)
    {
        while (true)
        {
            lock (_lines)
            {
                if (_lines.FirstOrDefault(line => line.Contains(part, StringComparison.Ordinal)) is { } found)
                {
                    return found;
                }

                if (_ended == 2)
                {
                    throw new IOException($"it ended without a line '{part}'; it said:\n{string.Join('\n', _lines)}");
                }
            }

            if (!await _news.WaitAsync(Patience, TestContext.Current.CancellationToken))
            {
                throw new TimeoutException($"no line '{part}' within {Patience.TotalSeconds} s; it said:\n{All}");
            }
        }
    }

    public async Task<int> SignalAsync(int signal)
    {
        using (var pinned = PidFd.TryOpen(Process.Id).ShouldNotBeNull())
        {
            pinned.Send(signal).ShouldBeTrue();
        }

        await Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return Process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
            await Process.WaitForExitAsync();
        }

        Process.Dispose();
        _news.Dispose();
    }

    private void Add(string? line)
    {
        lock (_lines)
        {
            // Null is the end of one of its two streams.
            if (line is null)
            {
                _ended++;
            }
            else
            {
                _lines.Add(line);
            }
        }

        _news.Release();
    }
}
