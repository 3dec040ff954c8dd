using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using WorkerManagement.Worker;

namespace WorkerManagement.Tests.Programs;

/// <summary>Workers that are ready, alive or done only when a test says so: they wait for a file of this name.</summary>
internal static class Servers
{
    public static async Task<int> RunAsync(string how, string[] arguments)
    {
        using var notifier = new WorkerNotifier();
        switch (how)
        {
            case "notify":
                await FileAsync(arguments[0]);
                notifier.Status("serving");
                notifier.Ready();
                break;
            case "tcp":
                await FileAsync(arguments[0]);
                var listener = new TcpListener(IPAddress.Loopback, int.Parse(arguments[1], null));
                listener.Start();
                break;
            case "http":
                return await HttpAsync(int.Parse(arguments[1], null), arguments[0], notifier.Stopping);
            case "log":
                await FileAsync(arguments[0]);
                Console.WriteLine("now serving");
                break;
            case "watchdog":
                notifier.Ready();
                notifier.Ping();
                break;
            case "beat":
                notifier.Ready();
                for (var beat = 1; !notifier.Stopping.IsCancellationRequested; beat++)
                {
                    notifier.Ping();
                    notifier.Status(beat.ToString(CultureInfo.InvariantCulture));
                    await Task.Delay(TimeSpan.FromMilliseconds(100));
                }

                return 0;
            case "late":
                // Asks for more time than its ready timeout, takes more than that, and is ready after all.
                notifier.ExtendTimeout(TimeSpan.FromMinutes(1));
                await Task.Delay(TimeSpan.FromSeconds(7));
                notifier.Ready();
                break;
            case "slow-stop":
                notifier.Ready();
                await Stopped(notifier.Stopping);
                notifier.ExtendTimeout(TimeSpan.FromMinutes(1));
                await Task.Delay(TimeSpan.FromSeconds(7));
                return 0;
        }

        await Stopped(notifier.Stopping);
        return 0;
    }

    private static async Task<int> HttpAsync(int port, string file, CancellationToken stopping)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        while (!stopping.IsCancellationRequested)
        {
            using var client = await listener.AcceptTcpClientAsync(stopping);
            using var stream = client.GetStream();
            _ = await stream.ReadAsync(new byte[4096], stopping);
            var status = File.Exists(file) ? "200 OK" : "503 Service Unavailable";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), stopping);
        }

        return 0;
    }

    private static async Task FileAsync(string path)
    {
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!);
        var there = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Created += (_, made) =>
        {
            if (made.FullPath == path)
            {
                there.TrySetResult();
            }
        };
        watcher.EnableRaisingEvents = true;
        if (!File.Exists(path))
        {
            await there.Task;
        }
    }

    private static Task Stopped(CancellationToken stopping)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stopping.Register(stopped.SetResult);
        return stopped.Task;
    }
}
