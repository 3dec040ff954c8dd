using System.Data.Common;
using System.Diagnostics;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Vectors;
using CodeAnalysisServer.Vectorization.Embedding;
using CodeAnalysisServer.Vectorization.Embedding.Onnx;
using WorkerManagement.Posix;

namespace CodeAnalysisServer.Vectorization;

/// <summary>What the loop is told with, and how patient it is.</summary>
internal sealed record LoopSurroundings(Action<string> Status, Action<string> Log, Func<Task, Task> Alive, Patience Patience)
{
    /// <summary>How long the vectors of a text stay that is in no file any more: it may be in one again (a checkout, an editor that writes anew).</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often it looks around although nothing was committed: for what fell due, or a file of the matrix that is gone.</summary>
    public TimeSpan LookAround { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>Embeds whatever waits.</summary>
internal sealed class EmbeddingLoop(string dataDirectory, DbConnection reading, SqliteDriverProxy queue, EmbeddingChoice choice, CheckedEmbedding embedding, LoopSurroundings surroundings)
{
    // A file of the matrix takes some time to make: while much waits, twenty times as much is left for the rest.
    private const int MatrixShare = 20;

    // So many texts are a tree, not an edit.
    private const int Many = 5000;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3), BetweenReports = TimeSpan.FromSeconds(1);

    private readonly WaitingTexts _waiting = new(reading);
    private readonly ModelTurns _turns = new(reading, queue);
    private readonly VectorIndexWriter _matrix = new(dataDirectory);
    private readonly BatchesUnderWay _underWay = new(surroundings.Alive);
    private long _embedded, _tidiedAt;
    private long _reported, _matrixMade;
    private TimeSpan _matrixTook;
    private string? _lastReason;
    private string? _matrixProblem;
    private Task? _commit;

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="IOException">The queue has gone.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await WorkAsync(stopping.Token).ConfigureAwait(false);
        }
        finally
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            await _underWay.EndAsync().ConfigureAwait(false);
        }
    }

    private async Task WorkAsync(CancellationToken stopping)
    {
        var model = await _turns.ChooseAsync(choice.Name, stopping).ConfigureAwait(false);
        await _turns.RemoveRetiredAsync(stopping).ConfigureAwait(false);
        Clean();
        var round = new EmbeddingRound(queue, embedding, surroundings.Patience.Pipeline(Waits), surroundings.Patience.Tries, count => Interlocked.Add(ref _embedded, count));
        var pause = surroundings.Patience.First;
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            if (choice.GivesWay && IsScanning())
            {
                await GiveWayAsync(stopping).ConfigureAwait(false);
            }

            try
            {
                if (Next(model) is { Length: > 0 } next)
                {
                    _underWay.Add(next, round.RunAsync(model, next, stopping));
                    await _underWay.LandAsync(AtOnce(model) - 1).ConfigureAwait(false);
                    Report(soon: false);
                }
                else if (_underWay.Count > 0)
                {
                    await _underWay.LandAsync(_underWay.Count - 1).ConfigureAwait(false);
                }
                else if (await SettleAsync(model, stopping).ConfigureAwait(false))
                {
                    await WaitAsync(surroundings.LookAround, stopping).ConfigureAwait(false);
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
            if (Stopwatch.GetElapsedTime(_matrixMade) > _matrixTook * MatrixShare)
            {
                UpdateMatrix(model, rowsWentAway: false);
            }
        }
    }

    // The first answer says how long the model's vectors are.
    private int AtOnce(EmbeddingModel model) => model.Dimensions is null ? 1 : choice.Concurrency;

    private WaitingText[] Next(EmbeddingModel model) => _underWay.Count < AtOnce(model) ? [.. _waiting.Next(choice.Batch, _underWay.Hashes)] : [];

    private bool IsScanning() => reading.Scalar("SELECT EXISTS (SELECT 1 FROM projects WHERE state = 'scanning')") is 1L;

    // What is found by words comes first: until the scan is done, or nothing comes from it for a while.
    private async Task GiveWayAsync(CancellationToken stopping)
    {
        surroundings.Status("gives way to the scan of the trees");
        while (IsScanning() && await WaitAsync(Quiet, stopping).ConfigureAwait(false))
        {
            // Something was written.
        }
    }

    // Nothing waits: time for what is not urgent. True when there was nothing to do.
    private async Task<bool> SettleAsync(EmbeddingModel model, CancellationToken stopping)
    {
        UpdateMatrix(model, rowsWentAway: false);
        Report(soon: true);
        Tidy();
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

    // Texts and vectors of a tree leave a hundred megabytes that the runtime would keep for more of the same.
    private void Tidy()
    {
        if (_embedded - _tidiedAt > Many)
        {
            _tidiedAt = _embedded;
            ProcessControl.GiveMemoryBack();
        }
    }

    // Whether something was committed.
    private async Task<bool> WaitAsync(TimeSpan most, CancellationToken stopping)
    {
        _commit ??= queue.CommittedAsync(stopping);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await surroundings.Alive(Task.WhenAny(_commit, Task.Delay(most, over.Token))).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        if (!_commit.IsCompleted)
        {
            return false;
        }

        await _commit.ConfigureAwait(false);
        _commit = null;
        return true;
    }

    private void UpdateMatrix(EmbeddingModel model, bool rowsWentAway)
    {
        var from = Stopwatch.GetTimestamp();
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

        _matrixMade = Stopwatch.GetTimestamp();
        _matrixTook = Stopwatch.GetElapsedTime(from, _matrixMade);
    }

    private void Waits(string why, TimeSpan pause)
    {
        if (Interlocked.Exchange(ref _lastReason, why) != why)
        {
            surroundings.Log($"no embeddings now: {why}");
        }

        surroundings.Status($"no embeddings now: {why}; next try in {pause.TotalSeconds:0.#} s");
    }

    private void Report(bool soon)
    {
        _lastReason = null;
        if (!soon && Stopwatch.GetElapsedTime(_reported) < BetweenReports)
        {
            return;
        }

        _reported = Stopwatch.GetTimestamp();
        var (waiting, dead) = reading.Rows("SELECT (SELECT count(*) FROM to_embed), (SELECT count(*) FROM dead_letters)", row => (row.GetInt64(0), row.GetInt64(1)))[0];
        var rate = _underWay.Worked.TotalSeconds is > 0 and var seconds ? _embedded / seconds : 0;
        surroundings.Status($"embedded {_embedded} texts with {choice.Name}, {rate:0}/s; {waiting} wait"
            + (dead > 0 ? $"; {dead} given up (dead letters)" : "")
            + (_matrixProblem is { } problem ? $"; searches are slower: {problem}" : ""));
    }
}
