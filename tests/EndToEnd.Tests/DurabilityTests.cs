using System.Text.Json;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using WorkerManagement.Posix;

namespace EndToEnd.Tests;

public sealed class DurabilityTests : ServerFixture
{
    [Fact]
    public async Task Each_worker_is_killed_in_turn_during_the_first_index_and_it_ends_equal_to_a_fresh_one()
    {
        for (var i = 0; i < 400; i++)
        {
            await WriteAsync($"d{i % 7}/f{i}.txt", string.Concat(Enumerable.Range(0, 120).Select(line => $"line {line} of file {i} says word{i * line}\n")));
        }

        await using (var server = Serve())
        {
            using var http = await ConnectAsync(server);
            foreach (var type in (string[])["vectorization", "file_watcher", "sqlite_queue", "repair"])
            {
                var before = await StatusAsync(http, AllReady);
                Kill(PidOf(before, type));
                await StatusAsync(http, workers => AllReady(workers) && workers.Single(worker => worker.GetProperty("type").GetString() == type).GetProperty("pid").GetInt32() != PidOf(before, type));
            }

            await StatusAsync(http, AllReady);
            await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM files") is 400L && reading.Scalar("SELECT count(*) FROM to_embed") is 0L);
            (await PathsAsync(http, "/search?q=word399")).ShouldNotBeEmpty();
            await WriteAsync("new.txt", "afterwards\n");
            await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM files") is 401L && reading.Scalar("SELECT count(*) FROM to_embed") is 0L);
            (await server.SignalAsync(15)).ShouldBe(0);
        }

        await NothingIsLeftAsync();
        ShouldBeWhole(Data);
        var fresh = Directory.CreateTempSubdirectory("fresh-").FullName;
        await using (var server = Serve("--data", fresh))
        {
            await server.LineAsync("index ready: 401 files");
            (await server.SignalAsync(15)).ShouldBe(0);
        }

        Rows(Data).ShouldBe(Rows(fresh));
        Directory.Delete(fresh, recursive: true);
    }

    [Fact]
    public async Task An_acknowledged_write_survives_the_kill_of_the_queue()
    {
        var acknowledged = 0L;
        for (var round = 0; round < 3; round++)
        {
            await using var queue = Executable.Start("code-analysis-server", "worker", "sqlite_queue", "--data", Data);
            await using var client = await ReadyAsync(queue);
            var killed = queue.Process.WaitForExitAsync(Cancel);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
            {
                try
                {
                    while (true)
                    {
                        var id = (await client.ExecuteAsync([new("INSERT INTO changes (kind, path) VALUES ('k', 'p')", [])], Cancel)).LastRowIds[0];
                        InterlockedMaximum(ref acknowledged, id);
                        if (id % 500 == 0)
                        {
                            Kill(queue.Process.Id);
                        }
                    }
                }
                catch (IOException)
                {
                    // Killed.
                }
            }));
            await killed;
        }

        using (var reading = Schema.OpenForWriting(Data, _ => { }))
        {
            ((long)reading.Scalar("SELECT count(*) FROM changes")!).ShouldBeGreaterThanOrEqualTo(acknowledged);
        }

        ShouldBeWhole(Data);
    }

    [Fact]
    public async Task A_second_queue_process_is_refused()
    {
        await using var queue = Executable.Start("code-analysis-server", "worker", "sqlite_queue", "--data", Data);
        await using (await ReadyAsync(queue))
        {
            var (code, output) = await Executable.RunAsync("code-analysis-server", "worker", "sqlite_queue", "--data", Data);
            (code, output.Contains("another process owns the index", StringComparison.Ordinal)).ShouldBe((2, true));
        }

        (await queue.SignalAsync(15)).ShouldBe(0);
    }

    // Its socket appears when it is ready.
    private async Task<SqliteDriverProxy> ReadyAsync(Executable queue)
    {
        var socket = Path.Combine(Data, "queue.sock");
        using var watcher = new FileSystemWatcher(Data, "queue.sock");
        var appeared = System.Threading.Channels.Channel.CreateUnbounded<bool>();
        watcher.Created += (_, _) => appeared.Writer.TryWrite(true);
        watcher.Renamed += (_, _) => appeared.Writer.TryWrite(true);
        watcher.EnableRaisingEvents = true;
        while (true)
        {
            queue.Process.HasExited.ShouldBeFalse(queue.All);
            try
            {
                return await SqliteDriverProxy.ConnectAsync(Data, Cancel);
            }
            catch (System.Net.Sockets.SocketException)
            {
                using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
                bound.CancelAfter(TimeSpan.FromSeconds(60));
                await appeared.Reader.ReadAsync(bound.Token);
            }
        }
    }

    private static void Kill(int pid)
    {
        using var pinned = PidFd.TryOpen(pid);
        pinned?.Send(9);
    }

    private static void InterlockedMaximum(ref long target, long value)
    {
        for (var seen = Volatile.Read(ref target); seen < value; seen = Volatile.Read(ref target))
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
