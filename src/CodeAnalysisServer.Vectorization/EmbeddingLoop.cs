using System.Diagnostics;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Vectors;
using CodeAnalysisServer.Vectorization.Embedding;
using CodeAnalysisServer.Vectorization.Embedding.Onnx;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Vectorization;

/// <summary>What the loop is told with, and how patient it is.</summary>
internal sealed record LoopSurroundings(Action<string> Status, Action<string> Log, Func<Task, Task> Alive, Patience Patience)
{
    /// <summary>How long the vectors of a text stay that is in no file any more: it may be in one again (a checkout, an editor that writes anew).</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often it looks around although nothing was committed: for what fell due, or a file of the matrix that is gone.</summary>
    public TimeSpan LookAround { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>Embeds whatever waits, what came last first: an edit does not wait for the rest of a whole tree.</summary>
internal sealed class EmbeddingLoop(string dataDirectory, SqliteConnection reading, SqliteDriverProxy queue, EmbeddingChoice choice, CheckedEmbedding embedding, LoopSurroundings surroundings)
{
    private readonly ModelTurns _turns = new(reading, queue);
    private readonly VectorIndexWriter _matrix = new(dataDirectory);
    private readonly Stopwatch _working = new();
    private long _embedded;
    private string? _lastReason;
    private string? _matrixProblem;
    private Task? _commit;

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="IOException">The queue has gone.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        var model = await _turns.ChooseAsync(choice.Name, stopping).ConfigureAwait(false);
        await _turns.RemoveRetiredAsync(stopping).ConfigureAwait(false);
        Clean();
        var round = new EmbeddingRound(queue, embedding, surroundings.Patience.Pipeline(Waits), surroundings.Patience.Tries, count => Interlocked.Add(ref _embedded, count));
        var pause = surroundings.Patience.First;
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            // The first answer says how long the model's vectors are.
            var next = Next(model.Dimensions is null ? choice.Batch : choice.Batch * choice.Concurrency);
            try
            {
                if (next.Count > 0)
                {
                    _working.Start();
                    await surroundings.Alive(round.RunAsync(model, next, choice.Batch, stopping)).ConfigureAwait(false);
                    _working.Stop();
                }
                else if (await SettleAsync(model, stopping).ConfigureAwait(false))
                {
                    await WaitAsync(stopping).ConfigureAwait(false);
                }

                pause = surroundings.Patience.First;
            }
            catch (QueueRefusedException refused)
            {
                surroundings.Log($"embeddings could not be stored ({refused.Message}); next try in {pause.TotalSeconds:0.#} s");
                surroundings.Status($"embeddings cannot be stored: {refused.Message}");
                await surroundings.Alive(Task.Delay(pause, stopping)).ConfigureAwait(false);
                pause = pause * 2 < surroundings.Patience.Longest ? pause * 2 : surroundings.Patience.Longest;
                continue;
            }

            model = _turns.Again(model);
            UpdateMatrix(model, rowsWentAway: false);
            Report();
        }
    }

    // Nothing waits: time for what is not urgent. True when there was nothing to do.
    private async Task<bool> SettleAsync(EmbeddingModel model, CancellationToken stopping)
    {
        if (await _turns.TurnAsync(model, stopping).ConfigureAwait(false))
        {
            surroundings.Log($"'{model.Name}' answers from now on");
            Clean();
            return false;
        }

        if (await _turns.CollectAsync(TimeProvider.System.GetUtcNow(), surroundings.Grace, stopping).ConfigureAwait(false) > 0)
        {
            UpdateMatrix(model, rowsWentAway: true);
            return false;
        }

        return true;
    }

    private void Clean()
    {
        _matrix.Clean(reading).ForEach(surroundings.Log);
        KeptModels.Clean(dataDirectory, EmbeddingModel.All(reading));
    }

    private async Task WaitAsync(CancellationToken stopping)
    {
        _commit ??= queue.CommittedAsync(stopping);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await surroundings.Alive(Task.WhenAny(_commit, Task.Delay(surroundings.LookAround, over.Token))).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        if (_commit.IsCompleted)
        {
            await _commit.ConfigureAwait(false);
            _commit = null;
        }
    }

    private void UpdateMatrix(EmbeddingModel model, bool rowsWentAway)
    {
        try
        {
            _matrix.Update(reading, model, rowsWentAway);
            _matrixProblem = null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The table answers, slower.
            if (_matrixProblem != exception.Message)
            {
                surroundings.Log($"the matrix for searches cannot be written: {exception.Message}");
            }

            _matrixProblem = exception.Message;
        }
    }

    private void Waits(string why, TimeSpan pause)
    {
        if (Interlocked.Exchange(ref _lastReason, why) != why)
        {
            surroundings.Log($"no embeddings now: {why}");
        }

        surroundings.Status($"no embeddings now: {why}; next try in {pause.TotalSeconds:0.#} s");
    }

    private void Report()
    {
        _lastReason = null;
        var (waiting, dead) = reading.Rows("SELECT (SELECT count(*) FROM to_embed), (SELECT count(*) FROM dead_letters)", row => (row.GetInt64(0), row.GetInt64(1)))[0];
        var rate = _working.Elapsed.TotalSeconds is > 0 and var seconds ? _embedded / seconds : 0;
        surroundings.Status($"embedded {_embedded} texts with {choice.Name}, {rate:0}/s; {waiting} wait"
            + (dead > 0 ? $"; {dead} given up (dead letters)" : "")
            + (_matrixProblem is { } problem ? $"; searches are slower: {problem}" : ""));
    }

    // Those of the fewest tries alone: the index has them in order, and a tree of which everything waits is not sorted for each round.
    private List<WaitingText> Next(int most) => reading.Rows(
        """
        SELECT w.hash, (SELECT text FROM chunks WHERE hash = w.hash LIMIT 1), w.tries FROM to_embed w
        WHERE w.tries = (SELECT t.tries FROM to_embed t WHERE EXISTS (SELECT 1 FROM chunks WHERE hash = t.hash) ORDER BY t.tries LIMIT 1)
            AND EXISTS (SELECT 1 FROM chunks WHERE hash = w.hash)
        ORDER BY w.id DESC LIMIT $1
        """,
        row => new WaitingText(row.GetString(0), row.GetString(1), row.GetInt32(2)),
        most);
}
