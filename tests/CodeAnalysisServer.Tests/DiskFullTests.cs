using System.Diagnostics;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Tests;

/// <summary>A disk that is really full: a small tmpfs.</summary>
public sealed class DiskFullTests : IAsyncDisposable
{
    private readonly string _disk = Directory.CreateTempSubdirectory("full-").FullName;
    private bool _mounted;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_mounted)
        {
            await RunAsync("umount", _disk);
        }

        Directory.Delete(_disk);
    }

    [Fact]
    public async Task A_full_disk_refuses_writes_and_jobs_with_the_reason_and_with_room_again_all_goes_on()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may mount a small tmpfs");
        _mounted = await RunAsync("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", _disk) == 0;
        Assert.SkipUnless(_mounted, "this machine does not let root mount a tmpfs (a container without CAP_SYS_ADMIN)");
        var data = Directory.CreateDirectory(Path.Combine(_disk, "data")).FullName;
        await using var queue = await QueueFixture.StartAsync(directory: data);
        await using var client = await queue.ConnectAsync();
        await client.ExecuteAsync([new("INSERT INTO changes (kind, path) VALUES ('before', 'b')", [])], Cancel);
        var ballast = Path.Combine(_disk, "ballast");
        Fill(ballast);
        var refused = await Should.ThrowAsync<QueueRefusedException>(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await client.ExecuteAsync([new("INSERT INTO changes (kind, path) VALUES ('full', $1)", [new string('x', 100_000)])], Cancel);
            }
        });
        refused.Message.ShouldContain("full");
        refused.Message.ShouldContain("nothing was done");
        (await Should.ThrowAsync<QueueRefusedException>(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await client.Jobs.AddJobAsync($"j{i}", "vacuum", new Dictionary<string, string> { ["x"] = new('x', 10_000) }, Cancel);
            }
        })).Message.ShouldContain("space");
        queue.Serving.IsCompleted.ShouldBeFalse();
        (await client.QueryAsync(new("SELECT path FROM changes WHERE kind = 'before'", []), cancellationToken: Cancel).SingleAsync(Cancel))[0].ShouldBe("b");

        File.Delete(ballast);
        await client.ExecuteAsync([new("INSERT INTO changes (kind, path) VALUES ('after', 'a')", [])], Cancel);
        await client.Jobs.AddJobAsync("after", "checkpoint", cancellationToken: Cancel);
        using var reading = queue.Read();
        reading.Scalar("PRAGMA integrity_check").ShouldBe("ok");
        reading.Scalar("SELECT count(*) FROM changes WHERE kind IN ('before', 'after')").ShouldBe(2L);
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
