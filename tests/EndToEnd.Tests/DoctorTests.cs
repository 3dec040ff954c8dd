using System.Text.Json;
using CodeAnalysisServer.Storage;
using WorkerManagement.Posix;
using WorkerManagement.Tests;

namespace EndToEnd.Tests;

/// <summary><c>doctor</c> on machines and data that lack something: each check says what, and the line that mends it.</summary>
public sealed class DoctorTests : ServerFixture
{
    private static readonly string[] Names = ["server", "ctags", "open files", "inotify watches", "inotify users", "data", "disk", "database", "guard", "containment", "leftovers"];

    private static string Program => Path.Combine(AppContext.BaseDirectory, "code-analysis-server");

    [Fact]
    public async Task It_has_the_same_keys_in_every_state_and_fails_only_when_something_cannot_work()
    {
        string? foretold = null;
        foreach (var serving in (bool[])[false, true])
        {
            await using var server = serving ? Serve() : null;
            if (server is not null)
            {
                await server.LineAsync("index ready: ");
            }

            var (code, output) = await DoctorAsync([], "-o", "json");
            code.ShouldBe(0, output);
            using var json = JsonDocument.Parse(output);
            var checks = json.RootElement.GetProperty("checks").EnumerateArray().ToArray();
            checks.Select(check => check.GetProperty("name").GetString()).ShouldBe(serving ? Names[..^1] : Names);
            checks.ShouldAllBe(check => check.EnumerateObject().Count() == 4 && (check.GetProperty("state").GetString() == "ok") == (check.GetProperty("remedy").ValueKind == JsonValueKind.Null));
            var containment = checks.Single(check => check.GetProperty("name").GetString() == "containment");
            (foretold ??= containment.GetProperty("state").GetString()).ShouldBe(containment.GetProperty("state").GetString(), containment.GetRawText());
            checks[0].GetProperty("found").GetString()!.ShouldStartWith(serving ? $"process {server!.Process.Id} on http://127.0.0.1:" : $"none runs in '{Data}'");
            (code, output) = await DoctorAsync([]);
            (code, output.Split('\n').Count(line => line.Contains("→ ", StringComparison.Ordinal))).ShouldBe((0, checks.Count(check => check.GetProperty("remedy").ValueKind == JsonValueKind.String)), output);
            if (server is not null)
            {
                (await server.SignalAsync(15)).ShouldBe(0);
            }
        }

        (await DoctorAsync([], "-o", "xml")).Code.ShouldBe(2);
        (await Executable.RunAsync("code-analysis-server", "doctor", "--data", "/nonexistent/data")).Code.ShouldBe(0);
        (await Executable.RunAsync("code-analysis-server", "doctor", "--data", "/etc/passwd")).Code.ShouldBe(1);
    }

    [Fact]
    public async Task A_damaged_database_and_another_version_are_told_and_the_line_that_is_told_mends_them()
    {
        (await CheckAsync("database", 0)).ShouldBe(("ok", "none yet", null));
        await WriteAsync("a.txt", "okapi\n");
        await File.WriteAllTextAsync(Schema.PathIn(Data), string.Concat(Enumerable.Repeat("not a database ", 1000)), Cancel);
        var (state, _, remedy) = await CheckAsync("database", 1);
        (state, remedy!.StartsWith($"code-analysis-server index --root DIR --data '{Data}'", StringComparison.Ordinal)).ShouldBe(("fail", true), remedy);
        (await Executable.RunAsync("code-analysis-server", "index", "--root", Tree, "--data", Data)).Code.ShouldBe(0);
        (await CheckAsync("database", 0)).ShouldBe(("ok", $"version {Schema.Version}, whole", null));
        foreach (var (version, code, wanted) in ((int, int, string)[])[(Schema.Version - 1, 0, "warn"), (Schema.Version + 1, 1, "fail")])
        {
            using (var database = Schema.OpenForWriting(Data, _ => { }))
            {
                database.Run($"PRAGMA user_version = {version}");
            }

            (await CheckAsync("database", code)).State.ShouldBe(wanted);
        }
    }

    [Fact]
    public async Task A_data_directory_of_somebody_else_is_told_and_what_is_in_it_is_not_guessed()
    {
        OrdinaryUser.Needed();
        (await Executable.RunAsync("code-analysis-server", "index", "--root", Tree, "--data", Data)).Code.ShouldBe(0);
        var nobody = OrdinaryUser.Command;
        var (state, found, remedy) = await CheckAsync("data", 1, nobody);
        (state, found.Contains("cannot be written", StringComparison.Ordinal), remedy!.Contains($"chown nobody '{Data}'", StringComparison.Ordinal)).ShouldBe(("fail", true, true), $"{found} {remedy}");
        (await DoctorAsync(nobody)).Output.ShouldNotContain("database");
        // Readable, not writable.
        File.SetUnixFileMode(Data, (UnixFileMode)0x1ED);
        (await CheckAsync("data", 1, nobody)).State.ShouldBe("fail");
        var (code, output) = await DoctorAsync(nobody);
        (code, output.Contains("   at ", StringComparison.Ordinal)).ShouldBe((1, false), output);
        (await CheckAsync("data", 0)).State.ShouldBe("warn", "open to others");
    }

    [Fact]
    public async Task A_machine_without_ctags_or_with_few_files_or_watches_is_told()
    {
        // What lies in the directory where somebody calls the doctor is no program of his.
        await WriteAsync("ctags", "#!/bin/sh\ntouch ran\n");
        File.SetUnixFileMode(Path.Combine(Tree, "ctags"), (UnixFileMode)0x1ED);
        (await CheckAsync("ctags", 0, "/usr/bin/env", "-C", Tree, "PATH=/nonexistent")).ShouldSatisfyAllConditions(check => check.State.ShouldBe("warn"), check => check.Remedy!.ShouldStartWith("apt-get install universal-ctags"));
        File.Exists(Path.Combine(Tree, "ran")).ShouldBeFalse();
        (await CheckAsync("open files", 1, "/usr/bin/prlimit", "--nofile=400:400")).ShouldSatisfyAllConditions(check => check.State.ShouldBe("fail"), check => check.Remedy!.ShouldStartWith("ulimit -Hn 512"));
        await WriteAsync("few", "8192\n");
        string[] prefix = ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", $"for file in max_user_watches max_user_instances; do mount --bind {Tree}/$1 /proc/sys/fs/inotify/$file || exit 77; done; shift; exec \"$@\"", "sh", "few"];
        Assert.SkipWhen((await Executable.RunAsync("env", [.. prefix, "/bin/true"])).Code != 0, "this machine lets nobody put another number in the place of inotify's");
        (await CheckAsync("inotify watches", 0, prefix)).ShouldSatisfyAllConditions(check => check.State.ShouldBe("warn"), check => check.Found.ShouldStartWith("8192 "), check => check.Remedy.ShouldBe("sysctl -w fs.inotify.max_user_watches=524288"));
        await WriteAsync("fewer", "64\n");
        prefix[^1] = "fewer";
        (await CheckAsync("inotify users", 0, prefix)).Remedy.ShouldBe("sysctl -w fs.inotify.max_user_instances=1024");
    }

    [Fact]
    public async Task What_a_server_left_that_was_killed_with_its_guards_is_told_and_the_line_that_is_told_ends_it()
    {
        await using (var server = Serve())
        {
            using var http = await ConnectAsync(server);
            await StatusAsync(http, AllReady);
            // Held first, so that none of the three can end what the others had.
            var pins = Found().Where(process => ((string[])["keeper", "guard", " serve "]).Any(part => process.Line.Contains(part, StringComparison.Ordinal))).Select(process => PidFd.TryOpen(process.Pid)).OfType<PidFd>().ToArray();
            pins.Length.ShouldBe(3);
            foreach (var signal in (int[])[19, 9])
            {
                foreach (var pin in pins)
                {
                    pin.Send(signal).ShouldBeTrue();
                }
            }

            foreach (var pin in pins)
            {
                await EndOf(pin);
            }
        }

        var (state, found, remedy) = await CheckAsync("leftovers", 0);
        (state, remedy!.StartsWith($"workers reap --state-dir '{Data}/workers'", StringComparison.Ordinal)).ShouldBe(("warn", true), remedy);
        found.ShouldContain("code-analysis-");
        (await Executable.RunAsync("workers", "reap", "--state-dir", Path.Combine(Data, "workers"))).Code.ShouldBe(0);
        (await CheckAsync("leftovers", 0)).ShouldBe(("ok", "none", null));
        // Nor a socket for each run that it had.
        Directory.GetFiles(Path.Combine(Data, "workers"), "n*.sock").ShouldBeEmpty();
        await NothingIsLeftAsync();
    }

    private Task<(int Code, string Output)> DoctorAsync(string[] prefix, params string[] more) => Executable.RunAsync("env", [.. prefix, Program, "doctor", "--data", Data, .. more]);

    private async Task<(string State, string Found, string? Remedy)> CheckAsync(string name, int code, params string[] prefix)
    {
        var (exit, output) = await DoctorAsync(prefix, "-o", "json");
        exit.ShouldBe(code, output);
        using var json = JsonDocument.Parse(output);
        var check = json.RootElement.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == name);
        return (check.GetProperty("state").GetString()!, check.GetProperty("found").GetString()!, check.GetProperty("remedy").GetString());
    }
}
