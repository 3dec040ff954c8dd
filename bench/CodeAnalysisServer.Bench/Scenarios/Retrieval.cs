using System.Globalization;
using System.Text.RegularExpressions;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Bench.Scenarios;

/// <summary>
/// From the first sentence of an entity's documentation to the entity, whose documentation is not in the index. Whatever is chosen is
/// chosen on the development repositories; the evaluation's are only measured.
/// </summary>
internal static class Retrieval
{
    private const int Depth = 10, MostQueries = 600;

    private sealed record Set(IndexOfEntities Index, List<Entity> Entities, List<string> Queries, ILookup<string, int> Answers);

    public static int Run(string[] arguments)
    {
        var sets = new Dictionary<string, List<string>>();
        foreach (var argument in arguments)
        {
            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                sets[argument[2..]] = [];
            }
            else
            {
                sets.Values.Last().Add(argument);
            }
        }

        var holds = true;
        foreach (var (name, directories) in sets)
        {
            var set = Load(directories);
            using (set.Index)
            {
                Console.WriteLine($"{name}: {string.Join(", ", directories.Select(Path.GetFileName))}; {set.Entities.Count} entities, {set.Queries.Count} queries");
                holds &= Measure(set);
            }
        }

        return holds ? 0 : 1;
    }

    private static Set Load(List<string> directories)
    {
        var entities = directories.SelectMany(Corpus.Of).ToList();
        var answers = Enumerable.Range(0, entities.Count).Where(i => entities[i].Sentence is not null).ToLookup(i => entities[i].Sentence!, i => i);
        // Sentences that stand at many entities name none of them.
        var sentences = answers.Where(group => group.Count() <= 3).Select(group => group.Key).ToArray();
        new Random(1).Shuffle(sentences);
        return new(new(entities.Select(entity => entity.Text)), entities, [.. sentences.Take(MostQueries)], answers);
    }

    private static bool Measure(Set set)
    {
        var (index, reading) = (set.Index, set.Index.Reading);
        var ways = new (string Name, Func<string, IEnumerable<int>> Search)[]
        {
            ("plain regex", query => ByRegex(set.Entities, query)),
            ("full text", query => Places(Searcher.FullText(reading, query, Depth))),
            ("built-in vectors", query => Places(Searcher.Semantic(reading, index.Vector(query), query, Depth))),
            ("hybrid", query => Places(Searcher.Hybrid(reading, index.Vector(query), query, Depth))),
        };
        var best = new List<(double Rank, double Recall)>();
        foreach (var (name, search) in ways)
        {
            var ranks = set.Queries.Select(query => search(query).ToList().FindIndex(place => set.Answers[query].Contains(place))).ToArray();
            var figures = (Rank: ranks.Average(rank => rank < 0 ? 0 : 1.0 / (rank + 1)), Recall: ranks.Average(rank => rank < 0 ? 0.0 : 1));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-18} MRR@10 {figures.Rank:0.000}   recall@10 {figures.Recall:0.000}"));
            best.Add(figures);
        }

        return best[..^1].TrueForAll(part => best[^1].Rank > part.Rank && best[^1].Recall > part.Recall);
    }

    private static IEnumerable<int> Places(List<SearchHit> hits) => hits.Select(hit => int.Parse(hit.Path, CultureInfo.InvariantCulture) - 1);

    // As a person does with a tool that knows nothing: any of the longer words, the texts with most different ones first.
    private static IEnumerable<int> ByRegex(List<Entity> entities, string query)
    {
        var words = Regex.Matches(query, @"\w{4,}").Select(match => match.Value.ToLowerInvariant()).Distinct().ToArray();
        if (words.Length == 0)
        {
            return [];
        }

        var any = new Regex(string.Join('|', words.Select(Regex.Escape)), RegexOptions.IgnoreCase | RegexOptions.NonBacktracking);
        return Enumerable.Range(0, entities.Count)
            .Select(i => (Place: i, Words: any.Matches(entities[i].Text).Select(match => match.Value.ToLowerInvariant()).Distinct().Count()))
            .Where(found => found.Words > 0).OrderByDescending(found => found.Words).Take(Depth).Select(found => found.Place);
    }
}
