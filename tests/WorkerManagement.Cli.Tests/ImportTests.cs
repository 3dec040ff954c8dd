using EndToEnd.Tests;
using WorkerManagement.Cli.Importing;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Cli.Tests;

/// <summary>Others' configurations, as they are written in real life.</summary>
public sealed class ImportTests
{
    private static string Samples => Path.Combine(AppContext.BaseDirectory, "Samples");

    [Fact]
    public void A_Procfile()
    {
        var (specs, lost) = Import("Procfile");
        specs["web"].Command.ShouldBe(["sh", "-c", "exec bundle exec puma -C config/puma.rb -p $PORT"]);
        specs["worker"].Command.ShouldBe(["bundle", "exec", "sidekiq", "-q", "default", "-q", "low priority"]);
        specs["clock"].Command[0].ShouldBe("sh");
        specs.Count.ShouldBe(3);
        lost.ShouldBe(["release: it runs once before a deployment and is no worker: bundle exec rails db:migrate", "web: nobody sets PORT here; give it in environment: { PORT: \"5000\" }"]);
    }

    [Fact]
    public void A_supervisord_configuration()
    {
        var (specs, lost) = Import("supervisord.conf");
        specs.Keys.ShouldBe([.. Enumerable.Range(1, 8).Select(number => $"queue-worker-{number}"), "gunicorn"]);
        var queue = specs["queue-worker-8"];
        queue.Command.ShouldBe(["php", "/var/www/shop/artisan", "queue:work", "redis", "--sleep=3", "--tries=3", "--max-time=3600"]);
        queue.Restart.ShouldBe(RestartPolicy.Permanent);
        queue.Stop.ShouldBe([new(15, TimeSpan.FromHours(1))]);
        queue.Logs.ShouldBe(new(10_000_000, 4));
        var web = specs["gunicorn"];
        web.Command.ShouldBe(["/opt/app/venv/bin/gunicorn", "app:app", "--bind", "unix:/run/app.sock"]);
        web.Directory.ShouldBe("/opt/app");
        web.Restart.ShouldBe(RestartPolicy.Transient);
        web.Environment.ShouldBe(new Dictionary<string, string> { ["SECRET_KEY"] = "with, comma", ["MODE"] = "production", ["URL"] = "https://example.org" }, ignoreOrder: true);
        web.Intensity.Restarts.ShouldBe(3);
        web.Stop.ShouldBe([new(2, TimeSpan.FromSeconds(10))]);
        foreach (var told in (string[])["queue-worker: user=www-data: ", "queue-worker: stdout_logfile=", "gunicorn: startsecs=10: ", "gunicorn: priority=999: say what needs what with depends_on", "[group:all]: ", "[include]: import these files, too: /etc/supervisor/conf.d/*.conf"])
        {
            lost.ShouldContain(line => line.StartsWith(told, StringComparison.Ordinal), told);
        }

        lost.ShouldNotContain(line => line.Contains("autostart", StringComparison.Ordinal) || line.Contains("killasgroup", StringComparison.Ordinal));
    }

    [Fact]
    public void A_process_compose_file()
    {
        var (specs, lost) = Import("process-compose.yaml");
        specs.Keys.ShouldBe(["postgres", "migrate", "web", "jobs-1", "jobs-2"], ignoreOrder: true);
        specs["postgres"].Command.ShouldBe(["sh", "-c", "exec pg_ctl start -o '-p 5433' && sleep infinity"]);
        specs["postgres"].Ready.ShouldBeOfType<ReadinessProbe.Command>().Arguments.ShouldBe(["pg_isready", "-p", "5433"]);
        specs["postgres"].Ready!.Timeout.ShouldBe(TimeSpan.FromSeconds(32));
        specs["postgres"].Stop.ShouldBe([new(2, TimeSpan.FromSeconds(20))]);
        specs["migrate"].Restart.ShouldBe(RestartPolicy.Temporary);
        var web = specs["web"];
        web.DependsOn.ShouldBe(new Dictionary<string, DependencyCondition> { ["migrate"] = DependencyCondition.Succeeded, ["jobs-1"] = DependencyCondition.Started, ["jobs-2"] = DependencyCondition.Started }, ignoreOrder: true);
        web.Environment.ShouldBe(new Dictionary<string, string> { ["LOG_LEVEL"] = "debug", ["RAILS_ENV"] = "production" }, ignoreOrder: true);
        web.Ready.ShouldBeOfType<ReadinessProbe.Http>().Address.ShouldBe(new Uri("http://127.0.0.1:3000/health"));
        (web.Restart, web.Intensity.Restarts, web.Backoff.Initial).ShouldBe((RestartPolicy.Transient, 5, TimeSpan.FromSeconds(2)));
        specs["jobs-1"].Ready.ShouldBe(new ReadinessProbe.LogLine(@"\[worker]\ ready"));
        lost.ShouldBe(["web: liveness_probe: a worker tells that it lives with watchdog: and WATCHDOG=1 on NOTIFY_SOCKET", "jobs: namespace: give the workers one type: instead, which stop and scale take", "docs: it is disabled, and left out"]);
    }

    [Fact]
    public void An_ecosystem_of_PM2()
    {
        var (specs, lost) = Import("ecosystem.json");
        specs.Keys.ShouldBe(["shop-api-1", "shop-api-2", "frontend", "python"], ignoreOrder: true);
        var api = specs["shop-api-1"];
        api.Command.ShouldBe(["node", "--max-old-space-size=1024", "./dist/server.js", "--port", "5000"]);
        api.Environment.ShouldBe(new Dictionary<string, string> { ["NODE_ENV"] = "production", ["PORT"] = "5000" }, ignoreOrder: true);
        api.Backoff.Initial.ShouldBe(TimeSpan.FromSeconds(4));
        api.Intensity.Restarts.ShouldBe(10);
        api.Stop.ShouldBe([new(2, TimeSpan.FromSeconds(1.6))]);
        specs["frontend"].Command.ShouldBe(["npm", "start", "--", "--host", "0.0.0.0"]);
        specs["frontend"].Directory.ShouldBe(Path.Combine(Samples, "frontend"));
        specs["python"].Command.ShouldBe(["/opt/venv/bin/python", "/opt/report.py", "--daily"]);
        (specs["python"].Restart, specs["python"].Stop[0].Wait).ShouldBe((RestartPolicy.Temporary, TimeSpan.FromMinutes(5)));
        foreach (var told in (string[])["shop api: its name is 'shop-api' now", "shop api: exec_mode: there is no shared port", "shop api: env_staging: one environment a file", "shop api: max_memory_restart: ", "frontend: watch: ", "python: cron_restart: there are no schedules here", "deploy: "])
        {
            lost.ShouldContain(line => line.StartsWith(told, StringComparison.Ordinal), told);
        }

        lost.ShouldNotContain(line => line.StartsWith("shop api: watch", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_configuration_is_written_and_the_losses_are_told()
    {
        var (code, output) = await Executable.RunAsync("workers", "import", Path.Combine(Samples, "Procfile"));
        code.ShouldBe(0);
        output.ShouldContain("workers:\n  web:\n    command: [\"sh\", \"-c\", ");
        output.ShouldContain("workers: not carried over: release: ");
        (await Executable.RunAsync("workers", "import", "/nonexistent")).Code.ShouldBe(2);
        (await Executable.RunAsync("workers", "import", Path.Combine(Samples, "Procfile"), "--format", "pm2")).Code.ShouldBe(2);
        (await Executable.RunAsync("workers", "import", Path.Combine(Samples, "Procfile"), "--format", "systemd")).Code.ShouldBe(2);
    }

    [Theory]
    [InlineData("ecosystem.config.js", "module.exports = { apps: [] }")]
    public void A_program_is_not_read(string file, string text) => Should.Throw<WorkerManagementException>(() => ImportVerb.Guess(file, text)).Message.ShouldContain("node -p 'JSON.stringify(require(");

    [Theory]
    [InlineData("a b  c", "a|b|c")]
    [InlineData("a 'b c' \"d e\" f\\ g ''", "a|b c|d e|f g|")]
    [InlineData("a > b", null)]
    [InlineData("a \"$HOME\"", null)]
    [InlineData("a '$HOME'", "a|$HOME")]
    [InlineData("a 'open", null)]
    public void Words_are_split_where_no_shell_is_needed(string line, string? words) => ShellWords.Split(line, bare: false)?.ShouldBe(words!.Split('|'));

    // Every import must be one that this manager itself reads.
    private static (Dictionary<string, WorkerSpec> Specs, IReadOnlyList<string> Lost) Import(string sample)
    {
        var file = Path.Combine(Samples, sample);
        var text = File.ReadAllText(file);
        var imported = ImportVerb.Import(text, file, ImportVerb.Guess(file, text));
        var options = new WorkerManagerOptions();
        WorkersFile.Parse(imported.Write(sample), "imported", Samples, options);
        return (options.Workers.ToDictionary(spec => spec.Name), imported.Lost);
    }
}
