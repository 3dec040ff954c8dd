using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace WorkerManagement.Bench;

/// <summary>The published command, <c>workers run</c>, in a directory of its own, and its API.</summary>
internal sealed class RunningCommand : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _program;
    private readonly Process _process;

    /// <param name="program">The native <c>workers</c>.</param>
    /// <param name="containment">Of the workers.</param>
    /// <param name="workers">Name and JSON of each.</param>
    internal RunningCommand(string program, string containment, IEnumerable<(string Name, string Spec)> workers)
    {
        _program = program;
        Directory = System.IO.Directory.CreateTempSubdirectory("workers-bench-").FullName;
        var file = Path.Combine(Directory, "workers.json");
        File.WriteAllText(file, $$"""{ "containment": "{{containment}}", "logs": { "maximum_total": "500MB" }, "workers": { {{string.Join(",\n", workers.Select(worker => $"\"{worker.Name}\": {worker.Spec}"))}} } }""");
        _process = Process.Start(new ProcessStartInfo(program, ["run", "--file", file, "--state-dir", StateDirectory, "--listen", "127.0.0.1:0"]) { RedirectStandardError = true })!;
        _process.ErrorDataReceived += (_, line) => Heard(line.Data);
        _process.BeginErrorReadLine();
        Api = new(new SocketsHttpHandler { ConnectCallback = async (_, cancel) => new NetworkStream(await ConnectAsync(cancel).ConfigureAwait(false), ownsSocket: true) }) { BaseAddress = new("http://localhost"), Timeout = Patience };
    }

    internal string Directory { get; }

    internal string StateDirectory => Path.Combine(Directory, "state");

    internal int Pid => _process.Id;

    /// <summary>Over the Unix socket.</summary>
    internal HttpClient Api { get; }

    /// <summary>Where it listens for TCP, once it does.</summary>
    internal int Port { get; private set; }

    /// <summary>A connection to the Unix socket, nothing said yet.</summary>
    internal async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(StateDirectory, "api.sock")), cancellationToken).ConfigureAwait(false);
        return socket;
    }

    /// <summary>Until every worker runs.</summary>
    internal void AwaitReady(CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (Port == 0 || !IsReady())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_process.HasExited || Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new InvalidOperationException($"'{_program} run' did not bring its workers up");
            }

            Thread.Sleep(20);
        }
    }

    internal TimeSpan Post(string path)
    {
        var began = Stopwatch.GetTimestamp();
        using var answer = Api.PostAsync(new Uri(path, UriKind.Relative), null).GetAwaiter().GetResult();
        return answer.IsSuccessStatusCode ? Stopwatch.GetElapsedTime(began) : throw new InvalidOperationException($"POST {path} was answered with {answer.StatusCode}");
    }

    /// <summary>How long the command takes as a process, from its launch to its end, with this manager's directory.</summary>
    internal TimeSpan Time(params string[] words) => Time(_program, [.. words, "--state-dir", StateDirectory]);

    /// <summary>How long a command takes as a process, from its launch to its end.</summary>
    internal static TimeSpan Time(string program, IReadOnlyList<string> words)
    {
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = true })!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var took = Stopwatch.GetElapsedTime(began);
        return process.ExitCode == 0 && said.Length > 0 ? took : throw new InvalidOperationException($"'{program} {string.Join(' ', words)}' ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}");
    }

    public void Dispose()
    {
        Api.Dispose();
        using (var pinned = Posix.PidFd.TryOpen(_process.Id))
        {
            _ = pinned?.Send(15);
        }

        _process.WaitForExit();
        _process.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private bool IsReady()
    {
        try
        {
            using var answer = Api.GetAsync(new Uri("/health/ready", UriKind.Relative)).GetAwaiter().GetResult();
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return false;
        }
    }

    private void Heard(string? line)
    {
        const string start = "dashboard and API: http://127.0.0.1:";
        if (line?.StartsWith(start, StringComparison.Ordinal) is true)
        {
            Port = int.Parse(line.AsSpan(start.Length, line.IndexOf('/', start.Length) - start.Length), CultureInfo.InvariantCulture);
        }
    }
}
