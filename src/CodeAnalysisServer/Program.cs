using System.CommandLine;
using CodeAnalysisServer;

var root = new RootCommand("Keeps a searchable, always fresh index of source trees. Exit codes: 0 done, 1 failed, 2 usage or configuration.");
var roots = new Option<string[]>("--root") { Description = "A source tree; may be given several times", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["."] };
var data = new Option<string>("--data") { Description = "Where the index lives", DefaultValueFactory = _ => ".code-analysis" };
var urls = new Option<string>("--urls") { Description = "Where to listen, on loopback; several with ; between", DefaultValueFactory = _ => "http://127.0.0.1:5005" };
var durable = new Option<bool>("--durable") { Description = "Sync each group of writes to the disk: what was acknowledged survives a power loss too" };

var serve = new Command("serve", "Indexes and follows source trees, and answers searches over HTTP") { roots, data, urls, durable };
serve.SetAction((parsed, cancel) => ToldAsync(() => ServeVerb.RunAsync(ServeOptions.From(parsed.GetValue(roots)!, parsed.GetValue(data)!, parsed.GetValue(urls)!) with { Durable = parsed.GetValue(durable) }, cancel)));
root.Subcommands.Add(serve);

var type = new Argument<string>("type");
type.AcceptOnlyFromAmong(WorkerVerb.Types);
var worker = new Command("worker", "One worker's own process; the manager starts it") { type, data, roots, durable };
worker.Hidden = true;
worker.SetAction((parsed, _) => ToldAsync(() => WorkerVerb.RunAsync(parsed.GetValue(type)!, parsed.GetValue(roots)!, parsed.GetValue(data)!, parsed.GetValue(durable))));
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

static async Task<int> ToldAsync(Func<Task<int>> run)
{
    try
    {
        return await run();
    }
    catch (UsageException wrong)
    {
        Console.Error.WriteLine($"code-analysis-server: {wrong.Message}");
        return 2;
    }
}
