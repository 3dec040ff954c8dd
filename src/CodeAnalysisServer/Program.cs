using System.CommandLine;
using CodeAnalysisServer;
using CodeAnalysisServer.FileWatcher;
using CodeAnalysisServer.Repair;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Vectorization;

var root = new RootCommand("Keeps a searchable, always fresh index of source trees. Exit codes: 0 done, 1 failed, 2 usage or configuration.");
var roots = new Option<string[]>("--root") { Description = "A source tree; may be given several times", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["."] };
var data = new Option<string>("--data") { Description = "Where the index lives", DefaultValueFactory = _ => ".code-analysis" };
var urls = new Option<string>("--urls") { Description = "Where to listen", DefaultValueFactory = _ => "http://127.0.0.1:5005" };

var serve = new Command("serve", "Indexes and follows source trees, and answers searches over HTTP") { roots, data, urls };
serve.SetAction((parsed, cancel) => ServeVerb.RunAsync(parsed.GetValue(roots)!, parsed.GetValue(data)!, parsed.GetValue(urls)!, cancel));
root.Subcommands.Add(serve);

var type = new Argument<string>("type");
type.AcceptOnlyFromAmong("sqlite_queue", "file_watcher", "vectorization", "repair");
var worker = new Command("worker", "One worker's own process; the manager starts it") { type, data, roots };
worker.Hidden = true;
worker.SetAction(async (parsed, _) =>
{
    var directory = Path.GetFullPath(parsed.GetValue(data)!);
    try
    {
        await (parsed.GetValue(type) switch
        {
            "sqlite_queue" => SqliteQueueWorker.RunAsync(directory),
            "file_watcher" => FileWatcherWorker.RunAsync(directory, parsed.GetValue(roots)!),
            "vectorization" => VectorizationWorker.RunAsync(directory),
            _ => RepairWorker.RunAsync(directory),
        });
        return 0;
    }
    catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException or System.Net.Sockets.SocketException or Microsoft.Data.Sqlite.SqliteException)
    {
        Console.Error.WriteLine($"{parsed.GetValue(type)}: {exception.Message}");
        return 1;
    }
});
root.Subcommands.Add(worker);

var result = root.Parse(args);
if (result.Errors.Count > 0)
{
    foreach (var error in result.Errors)
    {
        Console.Error.WriteLine($"code-analysis-server: {error.Message}");
    }

    return 2;
}

return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
