using System.Buffers.Text;
using System.Data.Common;
using System.Globalization;
using System.Text;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Vectors;
using CodeAnalysisServer.Vectorization.Embedding;

namespace CodeAnalysisServer;

/// <summary>What a search answers: hits, where the next page begins (null at the end), and what is missing from the answer, if anything.</summary>
internal sealed record SearchAnswer(string Query, IReadOnlyList<SearchHit> Hits, string? NextCursor, string? Note = null);

/// <summary>The three searches of a data directory, a page at a time. Thread-safe; each search reads through a connection of its own.</summary>
internal sealed class SearchService(IndexDatabase database) : IDisposable
{
    // A search is not worth waiting longer for, and nobody reads further.
    private const int LastHit = 10_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly VectorIndex _vectors = new(database.DataDirectory);
    private readonly QueryEmbedding _embedding = new(database.DataDirectory, Patience);

    /// <summary>By words.</summary>
    /// <exception cref="FormatException">The cursor is none of this service's.</exception>
    public Task<SearchAnswer> FullTextAsync(string query, int limit, string? cursor, CancellationToken cancellationToken) =>
        Task.FromResult(Page(query, limit, cursor, (connection, most, skip) => Searcher.FullText(connection, query, most, skip), null));

    /// <summary>By likeness.</summary>
    /// <exception cref="FormatException">The cursor is none of this service's.</exception>
    /// <exception cref="EmbeddingException">The query cannot be embedded now.</exception>
    public async Task<SearchAnswer> SemanticAsync(string query, int limit, string? cursor, CancellationToken cancellationToken) =>
        await EmbedAsync(query, cancellationToken).ConfigureAwait(false) is { } vector
            ? Page(query, limit, cursor, (connection, most, skip) => Searcher.Semantic(connection, vector, query, most, skip), null)
            : new(query, [], null, "nothing is embedded yet");

    /// <summary>By both; by words alone, which the note tells, when the query cannot be embedded.</summary>
    /// <exception cref="FormatException">The cursor is none of this service's.</exception>
    public async Task<SearchAnswer> HybridAsync(string query, int limit, string? cursor, CancellationToken cancellationToken)
    {
        VectorQuery? vector = null;
        string? note = null;
        try
        {
            vector = await EmbedAsync(query, cancellationToken).ConfigureAwait(false);
        }
        catch (EmbeddingException exception)
        {
            note = $"by words alone: {exception.Message}";
        }

        return Page(query, limit, cursor, (connection, most, skip) => Searcher.Hybrid(connection, vector, query, most, skip), note);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _vectors.Dispose();
        _embedding.Dispose();
    }

    private SearchAnswer Page(string query, int limit, string? cursor, Func<DbConnection, int, int, List<SearchHit>> search, string? note)
    {
        var skip = cursor is null ? 0 : Position(cursor);
        using var connection = database.TryOpenForReading();
        if (connection is null)
        {
            return new(query, [], null, note);
        }

        // One more tells whether there is another page.
        var hits = search(connection, limit + 1, skip);
        var more = hits.Count > limit && skip + limit < LastHit;
        return new(query, [.. hits.Take(limit)], more ? Cursor(skip + limit) : null, note);
    }

    private async Task<VectorQuery?> EmbedAsync(string query, CancellationToken cancellationToken)
    {
        EmbeddingModel? model;
        using (var connection = database.TryOpenForReading())
        {
            model = connection is null ? null : EmbeddingModel.Answering(connection);
        }

        return model?.Dimensions is null ? null : new(_vectors, model, await _embedding.EmbedAsync(model, query, cancellationToken).ConfigureAwait(false));
    }

    private static string Cursor(int skip) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"after {skip}")));

    private static int Position(string cursor)
    {
        var text = Base64Url.IsValid(cursor) ? Encoding.ASCII.GetString(Base64Url.DecodeFromChars(cursor)) : "";
        return text.StartsWith("after ", StringComparison.Ordinal) && int.TryParse(text.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var skip) && skip <= LastHit
            ? skip : throw new FormatException("the cursor is not one that an answer gave; leave it out to begin anew");
    }
}
