using System.CommandLine;
using CodeAnalysisServer;
using CodeAnalysisServer.Command;
using WorkerManagement.Posix;
using Mistakes = WorkerManagement.Cli.Mistakes;

StandardStreams.OpenThoseClosed();
if (!ProcessControl.HasDirectory)
{
    Console.Error.WriteLine("code-analysis-server: the working directory was removed; go to one that exists (cd /), and try again");
    return 2;
}

var root = new RootCommand("Keeps a searchable, always fresh index of source trees. Exit codes: 0 done, 1 failed, 2 usage or configuration.");
var roots = new Option<string[]>("--root") { Description = "A source tree; may be given several times", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["."] };
var data = new Option<string>("--data") { Description = "Where the index lives", DefaultValueFactory = _ => ".code-analysis" };
var urls = new Option<string>("--urls") { Description = "Where to listen, on loopback; several with ; between", DefaultValueFactory = _ => "http://127.0.0.1:5005" };
var durable = new Option<bool>("--durable") { Description = "Sync each group of writes to the disk: what was acknowledged survives a power loss too" };
var embedding = new Option<string>("--embedding") { Description = "What makes the vectors: builtin, openai:URL[#model], ollama:URL[#model] or onnx:PATH[#name] (a model file with vocab.txt beside it, or their directory); an endpoint's key is read from the environment variable CODE_ANALYSIS_EMBEDDING_KEY", DefaultValueFactory = _ => "builtin" };
var database = new Option<string?>("--database") { Description = "A PostgreSQL connection string (Host=…;Database=…;Username=…;Password=…), or better the environment variable CODE_ANALYSIS_DATABASE: arguments are seen by everybody on this machine. Unless given, SQLite in --data" };
var anyPort = new Option<string>("--urls") { Description = "Where to listen, on loopback, when this process becomes the server; a free port unless given", DefaultValueFactory = _ => "http://127.0.0.1:0" };
var form = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
form.AcceptOnlyFromAmong("text", "json");

Add("serve", "Indexes and follows source trees, and answers over HTTP and MCP until a signal", [roots, data, database, urls, embedding, durable],
    (parsed, cancel) => ServeVerb.RunAsync(ServeOptions.From(parsed.GetValue(roots)!, parsed.GetValue(data)!, parsed.GetValue(urls)!, parsed.GetValue(embedding)!) with { Durable = parsed.GetValue(durable) }, cancel));
Add("mcp", "MCP over standard input and output, for a coding assistant: uses the server that runs in the data directory, or becomes it", [roots, data, database, anyPort, embedding, durable],
    (parsed, cancel) => McpVerb.RunAsync(ServeOptions.From(parsed.GetValue(roots)!, parsed.GetValue(data)!, parsed.GetValue(anyPort)!, parsed.GetValue(embedding)!) with { Durable = parsed.GetValue(durable) }, cancel));
Add("index", "Builds the index or brings it up to date, tells its progress, and ends", [roots, data, database, embedding],
    (parsed, cancel) => IndexVerb.RunAsync(parsed.GetValue(roots)!, parsed.GetResult(roots) is { Implicit: false }, parsed.GetValue(data)!, parsed.GetValue(embedding)!, cancel));

var query = new Argument<string>("query") { Description = "What to search for" };
var kind = new Option<string>("--kind") { Description = "text, semantic, hybrid or regex", DefaultValueFactory = _ => "text" };
kind.AcceptOnlyFromAmong([.. Verbs.Kinds.Keys]);
var limit = new Option<int>("--limit") { Description = "Most hits", DefaultValueFactory = _ => 20 };
var cursor = new Option<string?>("--cursor") { Description = "Where an earlier answer ended" };
var search = Add("search", "Searches; asks the running server, else reads the index directly, and says which", [data, database, kind, limit, cursor, form],
    (parsed, cancel) => Verbs.SearchAsync(parsed.GetValue(data)!, Out(parsed), parsed.GetValue(query)!, parsed.GetValue(kind)!, parsed.GetValue(limit), parsed.GetValue(cursor), cancel));
search.Arguments.Add(query);
var entityName = new Argument<string>("name") { Description = "A name, or the end of a qualified one" };
var only = new Option<string?>("--only") { Description = "Only this kind, such as class or method" };
var entity = Add("entity", "Finds types, members and functions by name", [data, database, only, limit, cursor, form],
    (parsed, cancel) => Verbs.EntityAsync(parsed.GetValue(data)!, Out(parsed), parsed.GetValue(entityName)!, parsed.GetValue(only), parsed.GetValue(limit), parsed.GetValue(cursor), cancel));
entity.Arguments.Add(entityName);
var used = new Argument<string>("name") { Description = "A name that only one entity has, best a qualified one, or an id" };
var usages = Add("usages", "Finds where a type, member or function is used", [data, database, limit, cursor, form],
    (parsed, cancel) => RelationVerbs.UsagesAsync(parsed.GetValue(data)!, Out(parsed), parsed.GetValue(used)!, parsed.GetValue(limit), parsed.GetValue(cursor), cancel));
usages.Arguments.Add(used);
foreach (var (verb, operation, description) in ((string, string, string)[])[("callers", "find_callers", "Lists who calls a method or function"), ("callees", "find_callees", "Lists what a method or function calls")])
{
    Add(verb, description, [data, database, limit, cursor, form], (parsed, cancel) => RelationVerbs.CallsAsync(operation, parsed.GetValue(data)!, Out(parsed), parsed.GetValue(used)!, parsed.GetValue(limit), parsed.GetValue(cursor), cancel)).Arguments.Add(used);
}

var needing = new Argument<string?>("name") { Description = "A name that only one entity has, best a qualified one, or an id", Arity = ArgumentArity.ZeroOrOne };
var file = new Option<string?>("--path") { Description = "A file instead, relative to its root, or absolute" };
Add("dependencies", "Lists what a type, member or function needs, or a file: then its imports too", [data, database, file, form],
    (parsed, cancel) => RelationVerbs.DependenciesAsync(parsed.GetValue(data)!, Out(parsed), parsed.GetValue(needing), parsed.GetValue(file), cancel)).Arguments.Add(needing);
Add("status", "Shows the server, the index, its roots and its workers", [data, database, form], (parsed, cancel) => Verbs.StatusAsync(parsed.GetValue(data)!, Out(parsed), cancel));
Add("doctor", "Checks what the server needs, each with the line that mends it; fails when something cannot work", [data, database, form], (parsed, cancel) => DoctorVerb.RunAsync(parsed.GetValue(data)!, Out(parsed), cancel));

var type = new Argument<string>("type");
type.AcceptOnlyFromAmong(WorkerVerb.Types);
var worker = Add("worker", "One worker's own process; the manager starts it", [data, roots, embedding, durable], (parsed, _) => WorkerVerb.RunAsync(parsed.GetValue(type)!, parsed.GetValue(roots)!, parsed.GetValue(data)!, parsed.GetValue(durable), parsed.GetValue(embedding)!));
worker.Arguments.Add(type);
worker.Hidden = true;

var result = root.Parse(args);
if (result.Errors.Count > 0)
{
    Array.ForEach(Mistakes.Of(result), mistake => Console.Error.WriteLine($"code-analysis-server: {mistake}"));
    Console.Error.WriteLine($"code-analysis-server: see 'code-analysis-server{(result.CommandResult.Command is RootCommand ? "" : $" {result.CommandResult.Command.Name}")} --help'");
    return 2;
}

return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });

Output Out(ParseResult parsed) => new(parsed.GetValue(form) == "json");

Command Add(string verb, string description, Option[] options, Func<ParseResult, CancellationToken, Task<int>> run)
{
    var command = new Command(verb, description);
    foreach (var option in options)
    {
        command.Options.Add(option);
    }

    command.SetAction(async (parsed, cancel) =>
    {
        try
        {
            ChosenDatabase.Take(options.Contains(database) ? parsed.GetValue(database) : null);
            return await run(parsed, cancel);
        }
        catch (UsageException wrong)
        {
            Console.Error.WriteLine($"code-analysis-server: {wrong.Message}");
            return 2;
        }
        catch (FailedException failed)
        {
            Console.Error.WriteLine($"code-analysis-server: {failed.Message}");
            return failed.ExitCode;
        }
    });
    root.Subcommands.Add(command);
    return command;
}
