using System.Data.Common;
using CodeAnalysisServer.Searching;
using CodeAnalysisServer.Vectorization.Embedding;

namespace CodeAnalysisServer.Operations;

/// <summary>Searches in texts: by words, by meaning, by both, by pattern.</summary>
internal static class SearchOperations
{
    private const string HitWords = "Each hit has path (relative to its root), root, start_line and end_line (from 1, both included), snippet, score (higher is better) and matched (why it is a hit: the words, the likeness from 0 to 1, its rank by each). When next_cursor is not null, call again with the same arguments and cursor=next_cursor for more.";

    private static readonly Parameter.Whole Limit = new("limit", "Most hits in one answer, 1 to 200; default 20.", 20, 1, 200);
    private static readonly Parameter.Text Cursor = new("cursor", "next_cursor of the answer before, to go on after it.") { Longest = 200 };

    public static IReadOnlyList<Operation> All { get; } =
    [
        Ranked("fulltext_search", "Search by words", "/search", service => service.FullTextAsync,
            "Finds the places in all indexed files that contain every given word, also as a part of an identifier: 'http client' finds HttpClientFactory. Use it first when you know words or names that occur in the code, comments or docs. Case does not matter; no operators. "),
        Ranked("semantic_search", "Search by likeness", "/search/semantic", service => service.SemanticAsync,
            "Finds the chunks of code or text most alike to a description or to a piece of code, by embeddings. Use it when you do not know the words that the code uses. Always answers with the nearest ones, so look at the score (cosine, 0 to 1). "),
        Ranked("hybrid_search", "Search by words and likeness", "/search/hybrid", service => service.HybridAsync,
            "Full-text and semantic search together, merged by reciprocal rank fusion. The best first try for a question in natural language about the code. "),
        new(
            "search_regex", "Search by regular expression", Effect.Reads,
            "Finds every line that a .NET regular expression matches, in the indexed text of all files, in the order of indexing. Use it for exact patterns that words cannot say: call shapes, literals, attributes. Matches within a line; no lookaround and no backreference (it runs in time linear to the text). " + HitWords + " Incomplete is true when the time was over; the cursor goes on from there.",
            [
                new Parameter.Text("pattern", "The regular expression, such as 'new HttpClient\\(' or '^using .*Json'.", Required: true) { QueryName = "q" },
                new Parameter.Flag("ignore_case", "Whether case does not matter; default false.", false),
                new Parameter.Text("glob", "Only files whose path matches: * and ? match any characters, / too, such as '*.cs' or 'src/*'.") { Longest = 300 },
                new Parameter.Text("root", "Only this root, as list_projects names it.") { Longest = 4096 },
                new Parameter.Whole("limit", "Most lines in one answer, 1 to 1000; default 100.", 100, 1, 1000),
                new Parameter.Whole("timeout_ms", "Milliseconds until it answers with what it has, 10 to 60000; default 10000.", 10_000, 10, 60_000),
                Cursor,
            ],
            OperationJson.Plain.RegexAnswer,
            async (context, arguments, cancel) => await Task.Run(() => RegexSearch.Run(context, arguments, cancel), cancel).ConfigureAwait(false))
        {
            Http = new("GET", "/search/regex"),
        },
    ];

    private static Operation Ranked(string name, string title, string path, Func<SearchService, SearchKind> search, string description) => new(
        name, title, Effect.Reads, description + HitWords,
        [
            new Parameter.Text("query", "What to search for, 1 to 1000 characters. Any text is valid.", Required: true) { QueryName = "q" },
            Limit,
            Cursor,
        ],
        OperationJson.Plain.SearchAnswer,
        (context, arguments, cancel) => AnswerAsync(context, arguments, search, cancel))
    {
        Http = new("GET", path),
    };

    private static async Task<object> AnswerAsync(ServerContext context, Arguments arguments, Func<SearchService, SearchKind> search, CancellationToken cancellationToken)
    {
        // Refuses where there is no index to search in.
        context.Read().Dispose();
        try
        {
            return await search(context.Search)(arguments.Text("query"), arguments.Whole("limit"), arguments.TextOrNull("cursor"), cancellationToken).ConfigureAwait(false);
        }
        catch (FormatException exception)
        {
            throw new RefusedException(Refusal.Invalid, exception.Message);
        }
        catch (EmbeddingException exception)
        {
            throw new RefusedException(Refusal.Unavailable, $"the query cannot be embedded now: {exception.Message}; fulltext_search works meanwhile");
        }
        catch (DbException exception)
        {
            throw new RefusedException(Refusal.Unavailable, $"the index cannot be read now: {exception.Message}; try again, and look at get_database_status");
        }
    }
}

/// <summary>One of the three ranked searches.</summary>
internal delegate Task<SearchAnswer> SearchKind(string query, int limit, string? cursor, CancellationToken cancellationToken);
