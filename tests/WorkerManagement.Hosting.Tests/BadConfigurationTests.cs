using System.Text;
using Microsoft.Extensions.Configuration;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Hosting.Tests;

/// <summary>Whatever stands in the file: the place, what was found and what to do, and never another kind of exception.</summary>
public sealed class BadConfigurationTests : IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("manager-").FullName, "workers.yaml");

    [Theory]
    [InlineData("workers:\n  a:\n    comand: [x]", "workers.yaml:3: workers:a:comand: unknown key 'comand'; did you mean 'command'?")]
    [InlineData("workrs: {}", "workers.yaml:1: workrs: unknown key 'workrs'; did you mean 'workers'?")]
    [InlineData("zzzzzzzzzz: {}", "known are: capsules, containment, journal, logs, shutdown_timeout, workers")]
    [InlineData("workers:\n  a: { command: x }", "workers.yaml:2: workers:a:command: found 'x', expected a list of texts")]
    [InlineData("workers: { a: { command: [{ x: y }] } }", "workers:a:command:0: found a map, expected a text")]
    [InlineData("workers: { a: { command: [x], replicas: many } }", "found 'many', expected a whole number from 0 to 10000")]
    [InlineData("workers: { a: { command: [x], replicas: -1 } }", "found '-1', expected a whole number from 0 to 10000")]
    [InlineData("workers: { a: { command: [x], environment: [K] } }", "found a list, expected a map of texts")]
    [InlineData("workers: { a: { command: [x], watchdog: 3x } }", "found '3x', expected a duration such as 10s, 200ms or 1m30s")]
    [InlineData("workers: { a: { command: [x], watchdog: 10 } }", "found '10', expected a duration")]
    [InlineData("workers: { a: { command: [x], watchdog: -1s } }", "found '-1s', expected a duration")]
    [InlineData("shutdown_timeout: 48h", "found '48h', expected a duration such as 10s, 200ms or 1m30s, at most 24h")]
    [InlineData("containment: strong", "found 'strong', expected one of auto, cgroup, tag")]
    [InlineData("workers: { a: { command: [x], restart: always } }", "expected one of permanent, transient, temporary")]
    [InlineData("workers: { a: { command: [x], stop: TERM } }", "expected a list of steps such as [{ signal: TERM, wait: 10s }]")]
    [InlineData("workers: { a: { command: [x], stop: [{ signal: KILL }] } }", "KILL always follows")]
    [InlineData("workers: { a: { command: [x], stop: [{ signal: NONSENSE }] } }", "found 'NONSENSE', expected a signal")]
    [InlineData("workers: { a: { command: [x], depends_on: b } }", "found 'b', expected a map of worker and condition such as { db: ready }")]
    [InlineData("workers: { a: { command: [x], depends_on: { b: up } } }", "expected one of started, ready, succeeded")]
    [InlineData("workers: { a: { command: [x], depends_on: { b: ready, b: ready } } }", "the key 'b' is given twice; keep one")]
    [InlineData("workers: { a: { command: [x], ready: { tcp: 99999 } } }", "expected a whole number from 1 to 65535")]
    [InlineData("workers: { a: { command: [x], ready: { http: nowhere } } }", "expected an address such as http://127.0.0.1:8000/")]
    [InlineData("workers: { a: { command: [x], ready: { notify: perhaps } } }", "expected true or false")]
    [InlineData("workers: { a: { command: [x], ready: { timeout: 3s } } }", "found 0 ways to be ready, expected one of notify, tcp, http, log, command")]
    [InlineData("workers: { a: { command: [x], ready: { tcp: 1, log: x } } }", "found 2 ways to be ready")]
    [InlineData("workers: { a: { command: [x], ready: yes } }", "found 'yes', expected a map of keys and values")]
    [InlineData("workers: { a: { command: [x], logs: { maximum_size: huge } } }", "expected a size such as 10MB")]
    [InlineData("workers: { a: { command: [x], logs: { maximum_size: 999999999999GB } } }", "expected a size such as 10MB")]
    [InlineData("workers: { a: { command: [x], logs: { files: 0 } } }", "expected a whole number from 1 to 1000")]
    [InlineData("workers: { a: { command: [x], directory: \"a\\0b\" } }", "expected a path without NUL")]
    [InlineData("workers: { a: {} }", "worker 'a' has no command; add command: [\"/path/to/program\", \"argument\"]")]
    [InlineData("workers: { a: }", "workers:a: found '', expected a map of keys and values")]
    [InlineData("workers: [a]", "found a list, expected a map of workers by name")]
    [InlineData("workers: { a: { command: [x] }, a: { command: [y] } }", "workers:a: the key 'a' is given twice; keep one")]
    [InlineData("workers: { a: { command: [x], command: [y] } }", "the key 'command' is given twice; keep one")]
    [InlineData("workers: { a-1: { command: [x] }, a: { command: [x], replicas: 1 } }", "two workers are named 'a-1'; rename one")]
    [InlineData("workers: { a: { command: [x], stop: [TERM 4s] } }", "workers:a:stop:0: found 'TERM 4s', expected a map of keys and values; its keys are signal, drain, wait")]
    [InlineData("[]", "found a list, expected a map of keys and values")]
    [InlineData("just words", "found 'just words', expected a map of keys and values")]
    [InlineData("workers: [", "workers.yaml:2")]
    [InlineData("a: b\n c: d", "workers.yaml:2")]
    [InlineData("? [a]\n: b", "workers.yaml:1: a key must be a text")]
    [InlineData("workers: *nowhere", "'*nowhere' has no anchor before it")]
    [InlineData("workers: &a { b: *a }", "'*a' has no anchor before it")]
    [InlineData("workers: {}\n---\nworkers: {}", "a second document begins here; keep everything in one")]
    public void A_mistake_is_told_with_its_place_and_remedy(string text, string told)
    {
        File.WriteAllText(_file, text);
        Refused().ShouldContain(told);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        File.WriteAllText(_file, "workers: { a: { comand: [x] }, b: { command: [x], watchdog: 1y } }\nshutdown_timeout: soon");
        Refused().Split('\n').Length.ShouldBe(4);
    }

    [Theory]
    [InlineData("""{ "workers": { "a": { "comand": ["x"] } } }""", "Section:workers:a:comand: unknown key 'comand'; did you mean 'command'?")]
    [InlineData("""{ "workers": { "a": { "command": "x" } } }""", "Section:workers:a:command: found 'x', expected a list of texts")]
    [InlineData("""{ "workers": { "a": { } } }""", "Section:workers:a: worker 'a' has no command")]
    public void A_hosts_configuration_is_told_by_its_path(string json, string told)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes($$"""{ "Section": {{json}} }"""));
        var section = new ConfigurationBuilder().AddJsonStream(stream).Build().GetSection("Section");
        Should.Throw<WorkerManagementException>(() => WorkersFile.Load(section, new())).Message.ShouldContain(told);
    }

    [Fact]
    public void A_file_of_10_MB_is_refused_and_one_that_never_ends_too()
    {
        File.WriteAllText(_file, "workers:\n" + string.Concat(Enumerable.Range(0, 400_000).Select(i => $"  w{i}: {{ command: [x] }}\n")));
        new FileInfo(_file).Length.ShouldBeGreaterThan(10_000_000);
        Refused().ShouldContain("is longer than 4000000 characters");
        Should.Throw<WorkerManagementException>(() => WorkersFile.Load("/dev/zero", new())).Message.ShouldContain("is longer than 4000000 characters");
    }

    [Fact]
    public void Nesting_without_end_and_doubling_aliases_are_refused()
    {
        File.WriteAllText(_file, new string('[', 1_000_000));
        Refused().ShouldContain("nested deeper than 32 levels");
        var doubling = new StringBuilder("a0: &a0 [x, x]\n");
        for (var i = 1; i < 60; i++)
        {
            doubling.Append(null, $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n");
        }

        File.WriteAllText(_file, doubling.ToString());
        Refused().ShouldContain("more than 1000000 values");
    }

    [Fact]
    public void Binary_garbage_is_refused_without_another_exception()
    {
        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            var garbage = new byte[random.Next(1, 400)];
            random.NextBytes(garbage);
            File.WriteAllBytes(_file, garbage);
            try
            {
                WorkersFile.Load(_file, new());
            }
            catch (WorkerManagementException exception)
            {
                exception.Message.ShouldStartWith(_file);
            }
        }
    }

    [Fact]
    public void Cut_and_shuffled_configuration_is_refused_without_another_exception()
    {
        const string Text = "containment: tag\nworkers:\n  a: &x { command: [x, 1], ready: { log: \"^u\" }, stop: [{ signal: INT, wait: 1s }], depends_on: { b: ready } }\n  b: *x\n";
        var random = new Random(11);
        for (var i = 0; i < 5_000; i++)
        {
            var text = new StringBuilder(Text);
            for (var cuts = random.Next(1, 6); cuts > 0; cuts--)
            {
                var at = random.Next(text.Length - 10);
                _ = random.Next(3) switch
                {
                    0 => text.Remove(at, random.Next(1, 10)),
                    1 => text.Insert(at, "{}[]:,&*x\n -?|>'\"%@`!~\0"[random.Next(23)]),
                    _ => text.Insert(at, Text.AsSpan(random.Next(Text.Length - 8), 8)),
                };
            }

            File.WriteAllText(_file, text.ToString());
            try
            {
                WorkersFile.Load(_file, new());
            }
            catch (WorkerManagementException)
            {
                // Told.
            }
        }
    }

    [Theory]
    [InlineData("/nonexistent/workers.yaml")]
    [InlineData("/etc")]
    public void A_file_that_cannot_be_read_is_told(string path) =>
        Should.Throw<WorkerManagementException>(() => WorkersFile.Load(path, new())).Message.ShouldStartWith($"cannot read '{path}': ");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    private string Refused() => Should.Throw<WorkerManagementException>(() => WorkersFile.Load(_file, new())).Message;
}
