using System.Diagnostics;
using Npgsql;
using WorkerManagement.Posix;

[assembly: AssemblyFixture(typeof(CodeAnalysisServer.Tests.PostgresServer))]

namespace CodeAnalysisServer.Tests;

/// <summary>
/// A PostgreSQL of these tests' own: made and started by the first test that needs it, in a temporary directory, on a Unix socket alone, as an ordinary
/// user (it refuses root). Killed with this process, stopped after the last test; then it is gone, or the run fails.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly Lazy<string?> Binaries = new(FindBinaries);
    private static readonly SemaphoreSlim OneAtATime = new(1);
    private static string? _directory;
    private static Process? _process;
    private static int _schemas;

    /// <summary>Why there is none here; null when there is.</summary>
    public static string? Missing => Binaries.Value is null ? "needs PostgreSQL: apt-get install postgresql"
        : ProcessControl.UserId == 0 && !File.Exists("/usr/bin/setpriv") ? "needs setpriv: PostgreSQL refuses to run as root" : null;

    /// <summary>Skips the test where there is none.</summary>
    public static void Needed() => Assert.SkipWhen(Missing is not null, Missing ?? "");

    /// <summary>A connection string to an empty schema of its own.</summary>
    public static async Task<string> NewSchemaAsync()
    {
        Needed();
        await StartAsync();
        return $"{Login()};Search Path=t{Interlocked.Increment(ref _schemas)}";
    }

    /// <summary>A connection string for a user and a database.</summary>
    public static string Login(string user = "postgres", string database = "postgres", string? password = null) => $"Host={_directory};Username={user};Database={database}{(password is null ? "" : $";Password={password}")}";

    /// <summary>Executes as the superuser.</summary>
    public static async Task ExecuteAsync(string sql, string database = "postgres")
    {
        await StartAsync();
        await using var connection = new NpgsqlConnection($"{Login(database: database)};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Stops it, whoever is connected. It begins again over the same data with the next call of another method, or of <see cref="StartAsync"/>.</summary>
    public static async Task StopAsync()
    {
        if (_process is { } process)
        {
            NpgsqlConnection.ClearAllPools();
            // Fast shutdown: the postmaster waits for its children.
            Signals.SendToUnreapedChild(process.Id, 2);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await process.WaitForExitAsync(patience.Token);
            File.Exists(Path.Combine(_directory!, "data", "postmaster.pid")).ShouldBeFalse();
            process.Dispose();
            _process = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_directory is not null)
        {
            Run("/bin/rm", "-rf", Path.Combine(_directory, "data"));
            Directory.Delete(_directory, recursive: true);
        }
    }

    /// <summary>Starts it, unless it runs.</summary>
    public static async Task StartAsync()
    {
        await OneAtATime.WaitAsync();
        try
        {
            if (_process is not null)
            {
                return;
            }

            _directory ??= await MakeAsync();
            var data = Path.Combine(_directory, "data");
            _process = await OnThreadOfItsOwnAsync(Start("postgres", "-D", data, "-k", _directory, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "logging_collector=off"));
            await AnswersAsync();
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    private static async Task<string> MakeAsync()
    {
        var directory = Directory.CreateTempSubdirectory("pg-").FullName;
        const UnixFileMode All = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        File.SetUnixFileMode(directory, All | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute);
        var data = Path.Combine(directory, "data");
        Run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions");
        // One user who has to know a password, before the line that trusts everybody.
        var access = Path.Combine(data, "pg_hba.conf");
        await File.WriteAllTextAsync(access, "local all guarded scram-sha-256\n" + await File.ReadAllTextAsync(access));
        return directory;
    }

    private static async Task AnswersAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection($"{Login()};Pooling=false");
                await connection.OpenAsync(patience.Token);
                return;
            }
            catch (NpgsqlException) when (!_process!.HasExited)
            {
                // Not yet: nothing else tells.
                await Task.Delay(20, patience.Token);
            }
        }
    }

    // Its end comes with the thread that started it (PR_SET_PDEATHSIG): that one stays as long as it.
    private static async Task<Process> OnThreadOfItsOwnAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>();
        new Thread(() =>
        {
            var process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            started.SetResult(process);
            process.WaitForExit();
        })
        { IsBackground = true }.Start();
        return await started.Task;
    }

    private static void Run(params string[] command)
    {
        using var process = Process.Start(Start(command))!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, error);
    }

    private static ProcessStartInfo Start(params string[] command)
    {
        string[] ordinary = ProcessControl.UserId == 0 ? ["--reuid=65534", "--regid=65534", "--clear-groups"] : [];
        var program = Path.IsPathRooted(command[0]) ? command[0] : Path.Combine(Binaries.Value!, command[0]);
        var start = new ProcessStartInfo("/usr/bin/setpriv", [.. ordinary, "--pdeathsig", "KILL", program, .. command[1..]]) { RedirectStandardError = true, RedirectStandardOutput = command[0] == "initdb", WorkingDirectory = Path.GetTempPath() };
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private static string? FindBinaries()
    {
        string[] known = [.. Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(path => int.TryParse(Path.GetFileName(path), out var version) ? version : 0).Select(path => Path.Combine(path, "bin")) : [],
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')];
        return known.FirstOrDefault(directory => File.Exists(Path.Combine(directory, "initdb")) && File.Exists(Path.Combine(directory, "postgres")));
    }
}
