using System.Data.Common;
using System.Threading.Channels;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Vectors;
using CodeAnalysisServer.Vectorization;
using CodeAnalysisServer.Vectorization.Embedding;

namespace CodeAnalysisServer.Tests;

/// <summary>A queue, and the vectorization worker's loop over it.</summary>
internal sealed class EmbeddingFixture : IAsyncDisposable
{
    private static readonly Patience Impatient = new() { First = TimeSpan.FromMilliseconds(20), Longest = TimeSpan.FromMilliseconds(200), Break = TimeSpan.FromMilliseconds(500), Request = TimeSpan.FromSeconds(20) };

    private readonly QueueFixture _queue;
    private readonly List<Func<Task>> _stops = [];

    private EmbeddingFixture(QueueFixture queue, SqliteDriverProxy client) => (_queue, Client) = (queue, client);

    public SqliteDriverProxy Client { get; }

    public string Data => _queue.Data;

    /// <summary>Status lines, in order.</summary>
    public Channel<string> Status { get; } = Channel.CreateUnbounded<string>();

    public static async Task<EmbeddingFixture> StartAsync(DatabaseKind kind = DatabaseKind.Sqlite)
    {
        var queue = await QueueFixture.StartAsync(kind: kind);
        return new(queue, await queue.ConnectAsync());
    }

    /// <summary>Runs the worker's loop; what is returned stops it, and throws what it threw.</summary>
    public async Task<Func<Task>> WorkAsync(string embedding, string? key = null, Patience? patience = null, TimeSpan? grace = null)
    {
        var choice = EmbeddingChoice.Parse(embedding);
        var queue = await _queue.ConnectAsync();
        await queue.SubscribeAsync(TestContext.Current.CancellationToken);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = Task.Run(async () =>
        {
            using var reading = _queue.Read();
            var kept = choice.Keep(Data);
            using var generator = kept.Create(key, (patience ?? Impatient).Request);
            var surroundings = new LoopSurroundings(text => Status.Writer.TryWrite(text), text => _queue.Told.Enqueue(text), task => task, patience ?? Impatient) { Grace = grace ?? TimeSpan.FromMinutes(10), LookAround = TimeSpan.FromMilliseconds(100) };
            await new EmbeddingLoop(Data, reading, queue, kept, new(generator), surroundings).RunAsync(stop.Token);
        });
        var stopped = false;
        _stops.Add(StopAsync);
        return StopAsync;

        async Task StopAsync()
        {
            if (stopped)
            {
                return;
            }

            stopped = true;
            await stop.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(running.WaitAsync(TimeSpan.FromSeconds(60)));
            await queue.DisposeAsync();
            stop.Dispose();
        }
    }

    /// <summary>Puts a file with these chunks in place of the one of that name.</summary>
    public async Task WriteAsync(string path, params string[] texts)
    {
        List<Statement> statements =
        [
            new("INSERT INTO files (root, path, hash, size, modified) VALUES ('/r', $1, '', 0, 0) ON CONFLICT DO NOTHING", [path]),
            new("DELETE FROM chunks WHERE file_id = (SELECT id FROM files WHERE path = $1)", [path]),
        ];
        statements.AddRange(texts.Select(text => new Statement("INSERT INTO chunks (file_id, start_line, end_line, text, words, hash) SELECT id, 1, 1, $2, '', 'h:' || $2 FROM files WHERE path = $1", [path, text])));
        await Client.ExecuteAsync(statements, TestContext.Current.CancellationToken);
    }

    public Task DeleteAsync(string path) => Client.ExecuteAsync([new("DELETE FROM files WHERE path = $1", [path])], TestContext.Current.CancellationToken);

    /// <summary>Waits, from status line to status line, until the database is as wanted.</summary>
    public async Task UntilAsync(Func<DbConnection, bool> wanted)
    {
        using var reading = _queue.Read();
        while (!wanted(reading))
        {
            await Status.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until every text has its vector, or was given up.</summary>
    public Task AllEmbeddedAsync() => UntilAsync(reading => reading.Scalar("SELECT count(*) FROM to_embed") is 0L && EmbeddingModel.All(reading) is [.., { State: "answering" }]);

    /// <summary>The next status line that has this in it.</summary>
    public async Task<string> StatusAsync(string part)
    {
        while (true)
        {
            var line = await Status.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            if (line.Contains(part, StringComparison.Ordinal))
            {
                return line;
            }
        }
    }

    public long Count(string what)
    {
        using var reading = _queue.Read();
        return (long)reading.Scalar($"SELECT count(*) FROM {what}")!;
    }

    public DbConnection Read() => _queue.Read();

    public async ValueTask DisposeAsync()
    {
        foreach (var stop in _stops)
        {
            await stop();
        }

        await Client.DisposeAsync();
        await _queue.DisposeAsync();
    }
}
