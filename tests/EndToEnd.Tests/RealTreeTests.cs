using System.Diagnostics;
using System.Globalization;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace EndToEnd.Tests;

/// <summary>
/// Trees that no one here wrote, named in CODE_ANALYSIS_TREES with : between; skipped without. What the whole server answers is compared
/// with git's list of files, ctags called by hand, and other ways to tell code from comments and strings. They are only read.
/// </summary>
public sealed class RealTreeTests : ServerFixture
{
    private const string Variable = "CODE_ANALYSIS_TREES", GitMissing = "git is not installed";
    private const int Sampled = 200, EntitiesAsked = 60, LargestIndexed = 1 << 20;

    public static TheoryData<string> Trees => [.. (Environment.GetEnvironmentVariable(Variable) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).DefaultIfEmpty("")];

    [Theory]
    [MemberData(nameof(Trees))]
    public async Task Every_file_is_accounted_for_entities_are_those_of_ctags_usages_are_right_and_no_worker_restarts(string tree)
    {
        Assert.SkipUnless(Directory.Exists(tree), $"name directories with sources in {Variable}, with : between");
        var since = Stopwatch.GetTimestamp();
        await using var server = Serve("--root", tree);
        using var http = await ConnectAsync(server);
        http.Timeout = TimeSpan.FromMinutes(20);
        var before = await StatusAsync(http, AllReady);
        while (!await ScannedAsync(http))
        {
        }

        Tell($"{tree}: indexed after {Stopwatch.GetElapsedTime(since).TotalSeconds:0} s");
        using (var reading = Schema.TryOpenForReading(Data).ShouldNotBeNull())
        {
            await AllFilesAsync(tree, reading);
            await AllEntitiesAsync(tree, reading);
            await UsagesAsync(tree, reading, http);
        }

        var after = await StatusAsync(http, AllReady);
        foreach (var worker in after.GetProperty("workers").EnumerateArray())
        {
            worker.GetProperty("restarts").GetInt32().ShouldBe(0);
            worker.GetProperty("pid").GetInt32().ShouldBe(PidOf(before, worker.GetProperty("type").GetString()!));
        }

        (await server.SignalAsync(15)).ShouldBe(0);
        await NothingIsLeftAsync();
    }

    private static async Task<bool> ScannedAsync(HttpClient http)
    {
        using var answer = await http.PostAsync(new Uri("/projects/scan?wait_seconds=600", UriKind.Relative), null, Cancel);
        using var scan = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        return scan.RootElement.GetProperty("done").GetBoolean();
    }

    // Git's own list, with its own reading of the rules, without the modules that some track; what is not indexed must be large, or binary as git sees it.
    private async Task AllFilesAsync(string tree, SqliteConnection reading)
    {
        var repository = Path.Combine(Data, "listing.git");
        await RunAsync("git", ["init", "-q", "--bare", repository], GitMissing);
        var listed = (await RunAsync("git", ["--git-dir", repository, "--work-tree", tree, "-C", tree, "ls-files", "-z", "--others", "--exclude-standard"], GitMissing)).Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Where(path => new FileInfo(Path.Combine(tree, path)) is { LinkTarget: null, Exists: true }).ToHashSet();
        var known = reading.Rows("SELECT path FROM files", row => row.GetString(0)).ToHashSet();
        var failed = reading.Rows("SELECT DISTINCT path FROM indexing_errors", row => row.GetString(0)).ToHashSet();
        listed.RemoveWhere(path => path.Split('/').Contains("node_modules"));
        var neither = listed.Except(known).Except(failed).ToArray();
        var (large, binary) = (neither.Where(path => new FileInfo(Path.Combine(tree, path)).Length > LargestIndexed).ToArray(), neither.Where(path => IsBinary(Path.Combine(tree, path))).ToArray());
        Tell($"{listed.Count} files, {known.Count} indexed, {failed.Count} with an error, {large.Length} too large, {binary.Except(large).Count()} binary");
        known.Except(listed).ShouldBeEmpty("indexed, but not listed by git");
        neither.Except(large).Except(binary).ShouldBeEmpty("neither indexed, nor told as an error, nor large, nor binary");
    }

    private static bool IsBinary(string path)
    {
        using var file = File.OpenRead(path);
        var head = new byte[8000];
        return head.AsSpan(0, file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)).Contains((byte)0);
    }

    private async Task AllEntitiesAsync(string tree, SqliteConnection reading)
    {
        var counted = reading.Rows("SELECT f.path, (SELECT count(*) FROM entities e WHERE e.file_id = f.id) FROM files f WHERE f.path NOT LIKE '%.cs' ORDER BY f.path", row => (Path: row.GetString(0), Count: row.GetInt64(1)));
        var list = Path.Combine(Data, "list");
        await File.WriteAllLinesAsync(list, counted.Select(file => file.Path), Cancel);
        var byHand = await TagsAsync(tree, list);
        Tell($"{counted.Sum(file => file.Count)} entities in {counted.Count(file => file.Count > 0)} files of ctags; by hand {byHand.Values.Sum()} in {byHand.Count}");
        counted.Where(file => file.Count != byHand.GetValueOrDefault(file.Path)).Select(file => $"{file.Path}: {file.Count} here, {byHand.GetValueOrDefault(file.Path)} by hand").ShouldBeEmpty();
    }

    // Without the names that ctags' parser of Kotlin makes up (other bytes in each run, none of them in the file).
    private static async Task<Dictionary<string, long>> TagsAsync(string tree, string list)
    {
        var tags = new Dictionary<string, long>();
        foreach (var line in (await RunAsync("ctags", ["--options=NONE", "-G", "--output-format=json", "--sort=no", "-f", "-", "-L", list], "Universal Ctags is not installed", tree)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var tag = JsonDocument.Parse(line);
            if (tag.RootElement.GetProperty("_type").GetString() == "tag")
            {
                var (path, name) = (tag.RootElement.GetProperty("path").GetString()!, tag.RootElement.GetProperty("name").GetString()!);
                var madeUp = path.EndsWith(".kt", StringComparison.Ordinal) && tag.RootElement.GetProperty("kind").GetString() == "method" && name != "<lambda>" && !(await File.ReadAllTextAsync(Path.Combine(tree, path), Cancel)).Contains(name, StringComparison.Ordinal);
                tags[path] = tags.GetValueOrDefault(path) + (madeUp ? 0 : 1);
            }
        }

        return tags;
    }

    // Of entities from all over the tree, until there are enough: exactly the places where the name is in code, as something else tells it. In C#, where
    // a name is bound, of those that one declaration alone has, and that .NET's own libraries have not; the long ones, for the sake of others.
    private static async Task UsagesAsync(string tree, SqliteConnection reading, HttpClient http)
    {
        var entities = reading.Rows(
            """
            SELECT e.id, e.name, e.language FROM entities e
            WHERE length(e.name) > 5 AND e.name NOT GLOB '*[^A-Za-z0-9_]*' AND (
                (e.language IN ('C', 'Java', 'Python', 'JavaScript', 'Go') AND e.kind IN ('function', 'method', 'class', 'struct', 'member', 'macro', 'interface'))
                OR (e.language = 'C#' AND length(e.name) > 12 AND e.kind IN ('method', 'property', 'interface', 'enum') AND (SELECT count(*) FROM entities o WHERE o.name = e.name COLLATE NOCASE) = 1))
            ORDER BY (e.id % 1000003) * 7919 % 1000003 LIMIT 400
            """,
            row => (Id: row.GetInt64(0), Name: row.GetString(1), Language: row.GetString(2)));
        var (compared, asked, wrong) = (0, 0, new List<string>());
        var codes = new Dictionary<string, string?>();
        var languages = reading.Rows("SELECT f.path, a.language FROM analyses a JOIN files f ON f.id = a.file_id", row => (Path: row.GetString(0), Language: row.IsDBNull(1) ? "" : row.GetString(1))).ToDictionary(file => file.Path, file => file.Language);
        var libraries = LibraryNames();
        foreach (var entity in entities.Where(entity => entity.Language != "C#" || !libraries.Contains(entity.Name)).TakeWhile(_ => compared < Sampled || asked < EntitiesAsked))
        {
            using var page = JsonDocument.Parse(await http.GetStringAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"/entities/{entity.Id}/usages?limit=1000"), UriKind.Relative), Cancel));
            if (page.RootElement.GetProperty("next_cursor").ValueKind != JsonValueKind.Null)
            {
                continue;
            }

            var answered = page.RootElement.GetProperty("usages").EnumerateArray().Select(usage => (Path: usage.GetProperty("path").GetString()!, Line: usage.GetProperty("start_line").GetInt32(), Column: usage.GetProperty("column").GetInt32())).Where(place => languages[place.Path] == entity.Language).ToHashSet();
            var expected = new HashSet<(string Path, int Line, int Column)>();
            foreach (var path in (await RunAsync("rg", ["-l", "-w", "-F", "--no-ignore", "--hidden", "-a", "--null", entity.Name, "."], "ripgrep is not installed", tree, 0, 1)).Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(path => path[2..]).Where(path => languages.GetValueOrDefault(path) == entity.Language))
            {
                if (!codes.TryGetValue(path, out var code))
                {
                    codes[path] = code = OtherCode.Of(await File.ReadAllTextAsync(Path.Combine(tree, path), Cancel), entity.Language);
                }

                if (code is null)
                {
                    answered.RemoveWhere(place => place.Path == path);
                    continue;
                }

                // The names of C# are without those that are declared.
                var declared = reading.Rows("SELECT e.start_line FROM entities e JOIN files f ON f.id = e.file_id WHERE f.path = $1 AND e.name = $2", row => row.GetInt32(0), path, entity.Name).ToHashSet();
                expected.UnionWith(OtherCode.Places(code, entity.Name)
                    .Where(place => entity.Language == "C#" || !declared.Contains(place.Line) || !declared.Add(-place.Line))
                    .Select(place => (path, place.Line, place.Column)));
            }

            asked++;
            compared += expected.Count;
            wrong.AddRange(answered.Except(expected).Select(place => $"{entity.Name} ({entity.Language}): {place} is answered, and is no usage").Concat(expected.Except(answered).Select(place => $"{entity.Name} ({entity.Language}): {place} is a usage, and is not answered")));
        }

        Tell($"{compared} usages of {asked} entities compared, {wrong.Count} differ, {codes.Values.Count(code => code is null)} of {codes.Count} files are refused by their language's parser");
        wrong.ShouldBeEmpty();
        compared.ShouldBeGreaterThanOrEqualTo(Sampled);
    }

    // What the libraries that a C# project has anyway call their types and members.
    private static HashSet<string> LibraryNames()
    {
        var names = new HashSet<string>();
        var runtime = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory());
        foreach (var library in runtime.Parent!.Parent!.EnumerateFiles("*.dll", SearchOption.AllDirectories))
        {
            using var image = new PEReader(library.OpenRead());
            if (image.HasMetadata)
            {
                var metadata = image.GetMetadataReader();
                names.UnionWith(metadata.MethodDefinitions.Select(method => metadata.GetString(metadata.GetMethodDefinition(method).Name)));
                names.UnionWith(metadata.PropertyDefinitions.Select(property => metadata.GetString(metadata.GetPropertyDefinition(property).Name)));
                names.UnionWith(metadata.TypeDefinitions.Select(type => metadata.GetString(metadata.GetTypeDefinition(type).Name)));
            }
        }

        return names;
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string missing, string? directory = null, params int[] good)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = directory ?? "" })!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(Cancel), process.StandardError.ReadToEndAsync(Cancel));
            await process.WaitForExitAsync(Cancel);
            (good.Length == 0 ? [0] : good).ShouldContain(process.ExitCode, await error);
            return await output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip(missing);
            throw;
        }
    }

    private static void Tell(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);
}
