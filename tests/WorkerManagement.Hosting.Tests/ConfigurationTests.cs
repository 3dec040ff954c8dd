using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Hosting.Tests;

/// <summary>Every key of the configuration, from each place that it can come from.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private const string Yaml = """
        containment: tag
        shutdown_timeout: 45s
        workers:
          web:
            type: front
            command: ["/usr/bin/python3", "-m", "http.server", 8000]
            directory: sub
            environment: { KEY: value, Number: 7 }
            metadata: { owner: team }
            replicas: 2
            restart: transient
            intensity: { restarts: 3, within: 2m }
            backoff: { initial: 100ms, maximum: 1m30s, reset_after: 5m }
            stop: [ { drain: 5s }, { signal: INT, wait: 1.5s }, { signal: TERM, wait: 200ms } ]
            ready: { http: "http://127.0.0.1:8000/", timeout: 12s }
            watchdog: 30s
            depends_on: { db: ready, setup: succeeded }
            logs: { maximum_size: 2MB, files: 3 }
          db: { command: [db], ready: { notify: true }, stop: [] }
          setup: { command: [setup], restart: temporary, ready: { command: [test, -e, x] } }
          tcp: { command: [x], ready: { tcp: 8000 }, depends_on: { db: started } }
          log: { command: [x], ready: { log: "^up$" }, logs: { maximum_size: 1KiB } }
        """;

    private const string Json = """
        { "containment": "tag", "shutdown_timeout": "45s", "workers": {
          "web": {
            "type": "front", "command": ["/usr/bin/python3", "-m", "http.server", 8000], "directory": "sub",
            "environment": { "KEY": "value", "Number": 7 }, "metadata": { "owner": "team" }, "replicas": 2, "restart": "transient",
            "intensity": { "restarts": 3, "within": "2m" }, "backoff": { "initial": "100ms", "maximum": "1m30s", "reset_after": "5m" },
            "stop": [ { "drain": "5s" }, { "signal": "INT", "wait": "1.5s" }, { "signal": "TERM", "wait": "200ms" } ],
            "ready": { "http": "http://127.0.0.1:8000/", "timeout": "12s" }, "watchdog": "30s",
            "depends_on": { "db": "ready", "setup": "succeeded" }, "logs": { "maximum_size": "2MB", "files": 3 } },
          "db": { "command": ["db"], "ready": { "notify": true }, "stop": [] },
          "setup": { "command": ["setup"], "restart": "temporary", "ready": { "command": ["test", "-e", "x"] } },
          "tcp": { "command": ["x"], "ready": { "tcp": 8000 }, "depends_on": { "db": "started" } },
          "log": { "command": ["x"], "ready": { "log": "^up$" }, "logs": { "maximum_size": "1KiB" } } } }
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("manager-").FullName;

    [Theory]
    [InlineData("workers.yaml", Yaml)]
    [InlineData("workers.json", Json)]
    public void Every_key_is_read_from_a_file(string name, string text)
    {
        var file = Path.Combine(_directory, name);
        File.WriteAllText(file, text);
        var options = new WorkerManagerOptions();
        WorkersFile.Load(file, options);
        Check(options, Path.Combine(_directory, "sub"), _directory);
    }

    [Fact]
    public void Every_key_is_read_from_a_hosts_configuration()
    {
        var options = new WorkerManagerOptions();
        WorkersFile.Load(Section(Json), options);
        Check(options, Path.GetFullPath("sub"), Environment.CurrentDirectory);
    }

    [Fact]
    public void A_hosts_configuration_does_not_tell_upper_from_lower_case()
    {
        var text = Json;
        foreach (var word in (string[])["containment", "shutdown_timeout", "workers", "type", "command", "directory", "environment", "metadata", "replicas", "restart", "intensity", "restarts", "within", "backoff",
            "initial", "maximum", "reset_after", "stop", "drain", "signal", "wait", "ready", "http", "timeout", "watchdog", "depends_on", "logs", "maximum_size", "files", "notify", "tcp", "log"])
        {
            text = text.Replace($"\"{word}\":", $"\"{word.ToUpperInvariant()}\":", StringComparison.Ordinal);
        }

        // "log" and "tcp" are names of workers too.
        text = text.Replace("\"LOG\": { \"COMMAND\"", "\"log\": { \"COMMAND\"", StringComparison.Ordinal).Replace("\"TCP\": { \"COMMAND\"", "\"tcp\": { \"COMMAND\"", StringComparison.Ordinal);
        var options = new WorkerManagerOptions();
        WorkersFile.Load(Section(text.Replace("\"transient\"", "\"Transient\"", StringComparison.Ordinal)), options);
        Check(options, Path.GetFullPath("sub"), Environment.CurrentDirectory);
    }

    [Fact]
    public void Environment_variables_override_a_hosts_configuration()
    {
        using var json = new MemoryStream(Encoding.UTF8.GetBytes("""{ "Workers": { "workers": { "a": { "command": ["x"], "restart": "temporary" } } } }"""));
        var configuration = new ConfigurationBuilder().AddJsonStream(json)
            .AddInMemoryCollection(new Dictionary<string, string?> { ["WORKERS:WORKERS:a:RESTART"] = "transient", ["WORKERS:SHUTDOWN_TIMEOUT"] = "7s" }).Build();
        var options = new WorkerManagerOptions();
        WorkersFile.Load(configuration.GetSection("Workers"), options);
        (options.ShutdownTimeout, options.Workers.Single().Name, options.Workers.Single().Restart).ShouldBe((TimeSpan.FromSeconds(7), "a", RestartPolicy.Transient));
    }

    [Fact]
    public void Without_replicas_the_name_is_the_workers_own_and_zero_replicas_are_none()
    {
        var options = Load("workers: { a: { command: [x] }, b: { command: [x], replicas: 1 }, c: { command: [x], replicas: 0 } }");
        options.Workers.Select(worker => (worker.Name, worker.Type)).ShouldBe([("a", "a"), ("b-1", "b")]);
    }

    [Fact]
    public void What_is_not_given_has_the_documented_default()
    {
        var options = Load("workers: { a: { command: [x] } }");
        Describe(options.Workers.Single()).ShouldBe(Describe(new() { Name = "a", Command = ["x"], Directory = _directory }));
        (options.Containment, options.ShutdownTimeout).ShouldBe((null, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void An_alias_stands_for_what_it_names()
    {
        var options = Load("workers: { a: { command: [x], environment: &shared { K: v } }, b: { command: [x], environment: *shared } }");
        options.Workers.ShouldAllBe(worker => worker.Environment["K"] == "v");
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    [InlineData("{}")]
    [InlineData("workers: {}")]
    public void An_empty_file_is_a_manager_without_workers(string text) => Load(text).Workers.ShouldBeEmpty();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private WorkerManagerOptions Load(string text)
    {
        var file = Path.Combine(_directory, "workers.yaml");
        File.WriteAllText(file, text);
        var options = new WorkerManagerOptions();
        WorkersFile.Load(file, options);
        return options;
    }

    private static IConfigurationSection Section(string json)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes($$"""{ "Workers": {{json}} }"""));
        return new ConfigurationBuilder().AddJsonStream(stream).Build().GetSection("Workers");
    }

    private static void Check(WorkerManagerOptions options, string sub, string directory)
    {
        (options.Containment, options.ShutdownTimeout).ShouldBe((Containment.Tag, TimeSpan.FromSeconds(45)));
        var web = new WorkerSpec
        {
            Name = "web-1",
            Type = "front",
            Command = ["/usr/bin/python3", "-m", "http.server", "8000"],
            Directory = sub,
            Environment = new Dictionary<string, string> { ["KEY"] = "value", ["Number"] = "7" },
            Metadata = new Dictionary<string, string> { ["owner"] = "team" },
            Restart = RestartPolicy.Transient,
            Intensity = new(3, TimeSpan.FromMinutes(2)),
            Backoff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(90), TimeSpan.FromMinutes(5)),
            Stop = [new(0, TimeSpan.FromSeconds(5)), new(2, TimeSpan.FromSeconds(1.5)), new(15, TimeSpan.FromMilliseconds(200))],
            Ready = new ReadinessProbe.Http(new("http://127.0.0.1:8000/")) { Timeout = TimeSpan.FromSeconds(12) },
            Watchdog = TimeSpan.FromSeconds(30),
            DependsOn = new Dictionary<string, DependencyCondition> { ["db"] = DependencyCondition.Ready, ["setup"] = DependencyCondition.Succeeded },
            Logs = new(2_000_000, 3),
        };
        WorkerSpec[] expected =
        [
            web,
            web with { Name = "web-2", Type = "front" },
            new() { Name = "db", Command = ["db"], Directory = directory, Ready = new ReadinessProbe.Notify(), Stop = [] },
            new() { Name = "setup", Command = ["setup"], Directory = directory, Restart = RestartPolicy.Temporary, Ready = new ReadinessProbe.Command(["test", "-e", "x"]) },
            new() { Name = "tcp", Command = ["x"], Directory = directory, Ready = new ReadinessProbe.Tcp("127.0.0.1", 8000), DependsOn = new Dictionary<string, DependencyCondition> { ["db"] = DependencyCondition.Started } },
            new() { Name = "log", Command = ["x"], Directory = directory, Ready = new ReadinessProbe.LogLine("^up$"), Logs = new(1024, 5) },
        ];

        // A host's configuration sorts its keys.
        options.Workers.OrderBy(worker => worker.Name).Select(Describe).ShouldBe(expected.OrderBy(worker => worker.Name).Select(Describe));
    }

    private static string Describe(WorkerSpec spec) => string.Join("; ",
        spec.Name, spec.Type, string.Join(' ', spec.Command), spec.Directory, Map(spec.Environment), spec.Restart, spec.Intensity, spec.Backoff, string.Join(", ", spec.Stop),
        spec.Ready is ReadinessProbe.Command command ? string.Join(' ', command.Arguments) : spec.Ready, spec.Watchdog, Map(spec.DependsOn), spec.Logs, Map(spec.Metadata));

    private static string Map<T>(IReadOnlyDictionary<string, T> map) => string.Join(',', map.OrderBy(pair => pair.Key).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={pair.Value}")));
}
