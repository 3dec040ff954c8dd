using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Bench.Scenarios;

/// <summary>How long a query takes at 100,000 chunks of real code, and the bare loop over the same vectors, in one run.</summary>
internal static class Search
{
    private const int Chunks = 100_000, Queries = 400, Limit = 20;

    public static int Run(string[] directories)
    {
        var entities = directories.SelectMany(Corpus.Of).Where(entity => entity.Text.Length > 40).DistinctBy(entity => entity.Text).ToArray();
        if (entities.Length == 0)
        {
            Console.Error.WriteLine("no C# code there");
            return 2;
        }

        // Where there are fewer entities, they come again with other names, as code that was copied and changed.
        var texts = Enumerable.Range(0, Chunks).Select(i => i < entities.Length ? entities[i].Text : $"{entities[i % entities.Length].Text}\n// {entities[i * 7 % entities.Length].Sentence} {i}");
        var filling = Stopwatch.StartNew();
        using var index = new IndexOfEntities(texts);
        Console.WriteLine($"{index.Count} chunks of {entities.Length} entities, indexed in {filling.Elapsed.TotalSeconds:0} s");
        var random = new Random(5);
        var sentences = entities.Where(entity => entity.Sentence is not null).Select(entity => entity.Sentence!).ToArray();
        string Sentence() => sentences[random.Next(sentences.Length)];
        string Name() => entities[random.Next(entities.Length)].Text.Split(' ', '(', '<', '\n').Where(word => word.Length > 3).Skip(1).FirstOrDefault() ?? "value";

        index.Vectors.Search(index.Reading, index.Model, Embedder.Embed("first"), Limit);
        var bare = Bare(index);
        var vectors = Figures("vectors, exact", Queries, () => Embedder.Embed(Sentence()), query => index.Vectors.Search(index.Reading, index.Model, query, Limit));
        Figures("semantic, whole hits", Queries, Sentence, query => With(index, reading => Searcher.Semantic(reading, index.Vector(query), query, Limit)));
        var name = Figures("full text: a name", Queries, Name, query => With(index, reading => Searcher.FullText(reading, query, Limit)));
        var two = Figures("full text: two words", Queries, () => string.Join(' ', Sentence().Split(' ').OrderByDescending(word => word.Length).Take(2)), query => With(index, reading => Searcher.FullText(reading, query, Limit)));
        var begun = Figures("full text: a beginning", Queries, () => Name() is { Length: > 5 } word ? word[..5] : "Http", query => With(index, reading => Searcher.FullText(reading, query, Limit)));
        var sentence = Figures("full text: a sentence", Queries, Sentence, query => With(index, reading => Searcher.FullText(reading, query, Limit)));
        var common = Figures("full text: public return", 50, () => "public return", query => With(index, reading => Searcher.FullText(reading, query, Limit)));
        Figures("hybrid: a sentence", Queries, Sentence, query => With(index, reading => Searcher.Hybrid(reading, index.Vector(query), query, Limit)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"vectors / bare loop, medians: {vectors.Median / bare.Median:0.00}"));
        return vectors.P95 <= 25 && vectors.Median <= 1.5 * bare.Median && new[] { name, two, begun, sentence, common }.All(figure => figure.P95 <= 20) ? 0 : 1;
    }

    private static int With(IndexOfEntities index, Func<Microsoft.Data.Sqlite.SqliteConnection, List<SearchHit>> search)
    {
        using var reading = index.Open();
        return search(reading).Count;
    }

    private static (double Median, double P95) Bare(IndexOfEntities index)
    {
        var matrix = new float[index.Count * Embedder.Dimensions];
        var row = 0;
        using (var command = index.Reading.Command("SELECT embedding FROM vectors"))
        using (var rows = command.ExecuteReader())
        {
            for (; rows.Read(); row++)
            {
                Buffer.BlockCopy(rows.GetFieldValue<byte[]>(0), 0, matrix, row * Embedder.Dimensions * sizeof(float), Embedder.Dimensions * sizeof(float));
            }
        }

        return Figures("bare dot products", 100, () => Embedder.Embed("the loop is as long for any query"), query =>
        {
            var largest = 0f;
            for (var i = 0; i < row; i++)
            {
                largest = MathF.Max(largest, TensorPrimitives.Dot(query, matrix.AsSpan(i * Embedder.Dimensions, Embedder.Dimensions)));
            }

            return largest;
        });
    }

    private static (double Median, double P95) Figures<TQuery, TAnswer>(string name, int count, Func<TQuery> make, Func<TQuery, TAnswer> ask)
    {
        var times = new double[count];
        for (var i = 0; i < count; i++)
        {
            var query = make();
            var started = Stopwatch.GetTimestamp();
            ask(query);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        Array.Sort(times);
        var (median, p95) = (times[count / 2], times[count * 95 / 100]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-26} p50 {median,7:0.00} ms   p95 {p95,7:0.00} ms   worst {times[^1],7:0.00} ms"));
        return (median, p95);
    }
}
