using System.Diagnostics;
using WorkerManagement.Guarding;
using WorkerManagement.Tests.Programs;

namespace WorkerManagement.Tests;

/// <summary>One of the tests' own programs as a process with a state directory of its own, run to its end; nothing may be left of it.</summary>
internal static class Child
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public static Task<(int Code, string Output)> RunAsync(Action<int>? onWaiting, params string[] arguments) => RunAsync([], onWaiting, arguments);

    /// <summary>As user and group 65534 without further groups.</summary>
    public static Task<(int Code, string Output)> AsNobodyAsync(params string[] arguments) => RunAsync(OrdinaryUser.Command, null, arguments);

    private static async Task<(int Code, string Output)> RunAsync(string[] prefix, Action<int>? onWaiting, string[] arguments)
    {
        var directory = Directory.CreateTempSubdirectory("manager-").FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)0x1FF);
        var state = Path.Combine(directory, "state");
        string[] command = [.. prefix, .. Program.Command(arguments)];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["WORKERS_STATE_DIR"] = state;
        using var process = Process.Start(start)!;
        try
        {
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            bound.CancelAfter(Bound);
            var errors = process.StandardError.ReadToEndAsync(bound.Token);
            var said = new List<string>();
            while (await process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
            {
                said.Add(line);
                if (line == "waiting")
                {
                    onWaiting!(process.Id);
                }
            }

            await process.WaitForExitAsync(bound.Token);
            (await errors).ShouldBeEmpty();
            GuardSweep.Find(state).ShouldBeEmpty();
            return (process.ExitCode, string.Join('\n', said));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync();
            }

            Directory.Delete(directory, recursive: true);
        }
    }
}
