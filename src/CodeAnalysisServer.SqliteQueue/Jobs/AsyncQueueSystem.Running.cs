namespace CodeAnalysisServer.SqliteQueue.Jobs;

/// <summary>How jobs run and are stopped.</summary>
public sealed partial class AsyncQueueSystem
{
    /// <summary>Starts a job that is PENDING, or once more one that ended.</summary>
    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    /// <exception cref="InvalidOperationException">It runs already, or too many run, or the queue stops.</exception>
    public JobStatus StartJob(string id)
    {
        lock (_gate)
        {
            var job = Find(id);
            if (_stopping is not null)
            {
                throw new InvalidOperationException($"the queue stops; the job '{id}' was not started");
            }

            if (_running.ContainsKey(id))
            {
                throw new InvalidOperationException($"the job '{id}' runs already");
            }

            if (_running.Count >= _options.AtOnce)
            {
                throw new InvalidOperationException($"{_running.Count} jobs run, which is the most; wait for one ({string.Join(", ", _running.Keys)}), or stop it");
            }

            if (!_types.TryGetValue(job.Status.Type, out var body))
            {
                throw new InvalidOperationException($"this program has no type of job '{job.Status.Type}' any more; delete the job '{id}'");
            }

            var started = job.Status with { State = JobState.Running, StartedAt = Now, EndedAt = null, HeardAt = Now, Progress = null, Message = null };
            _registry!.Save(started);
            var running = _running[id] = new RunningJob { HeardAt = _options.Time.GetTimestamp() };
            running.Work = Task.Run(() => RunAsync(started, body, running), CancellationToken.None);
            return started;
        }
    }

    /// <summary>Waits while a job runs; what it is then. The token only ends the waiting.</summary>
    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    public async Task<JobStatus> WaitForJobAsync(string id, CancellationToken cancellationToken = default)
    {
        Task work;
        lock (_gate)
        {
            var status = Find(id).Status;
            if (!_running.TryGetValue(id, out var running))
            {
                return status;
            }

            work = running.Work;
        }

        await work.WaitAsync(cancellationToken).ConfigureAwait(false);
        return GetJobStatus(id);
    }

    /// <summary>
    /// Stops a job. A PENDING one never runs; a RUNNING one is told, and awaited up to the shutdown timeout: the answer says what it really
    /// came to, COMPLETED too if it was faster, RUNNING if it does not heed. One that ended stays what it is. The token only ends the waiting.
    /// </summary>
    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    public async Task<JobStop> StopJobAsync(string id, CancellationToken cancellationToken = default)
    {
        RunningJob? running;
        lock (_gate)
        {
            var job = Find(id);
            if (!_running.TryGetValue(id, out running))
            {
                if (job.Status.HasEnded)
                {
                    return new(false, job.Status, $"the job '{id}' was {Name(job.Status.State)} already");
                }

                _registry!.Save(job.Status with { State = JobState.Stopped, EndedAt = Now, Message = "stopped before its start" });
                return new(true, job.Status, $"the job '{id}' is stopped; it never ran");
            }

            running.Wanted ??= JobState.Stopped;
        }

        await running.Stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAny(running.Work, Task.Delay(_shutdownTimeout, _options.Time, cancellationToken)).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var now = Find(id).Status;
            return now.State switch
            {
                JobState.Stopped => new(true, now, $"the job '{id}' is stopped"),
                JobState.Running => new(false, now, $"the job '{id}' was told to stop {_shutdownTimeout.TotalSeconds:0.#} s ago and still runs; it stops when it heeds, or with its process"),
                _ => new(false, now, $"the job '{id}' was {Name(now.State)} before it could stop"),
            };
        }
    }

    /// <summary>
    /// Stops the queue: takes and starts nothing any more, lets running jobs finish up to the shutdown timeout (or until
    /// <paramref name="force"/>), then tells them to stop; those are INTERRUPTED. Concurrent callers share one stop.
    /// </summary>
    public Task StopAsync(CancellationToken force = default)
    {
        lock (_gate)
        {
            return _registry is null ? Task.CompletedTask : _stopping ??= Task.Run(() => EndAsync(force), CancellationToken.None);
        }
    }

    /// <summary>As <see cref="StopAsync"/>, and waits for it.</summary>
    public void Stop() => StopAsync().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private static string Name(JobState state) => state.ToString().ToUpperInvariant();

    private async Task EndAsync(CancellationToken force)
    {
        RunningJob[] running;
        lock (_gate)
        {
            running = [.. _running.Values];
        }

        var all = Task.WhenAll(running.Select(job => job.Work));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(force);
        await Task.WhenAny(all, Task.Delay(_shutdownTimeout, _options.Time, over.Token)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        foreach (var job in running)
        {
            lock (_gate)
            {
                job.Wanted ??= JobState.Interrupted;
            }

            await job.Stop.CancelAsync().ConfigureAwait(false);
        }

        // Those that heed have a moment to end; a job that does not is abandoned, and no later word of it counts.
        await Task.WhenAny(all, Task.Delay(Heeding, _options.Time, CancellationToken.None)).ConfigureAwait(false);
        lock (_gate)
        {
            foreach (var id in _running.Keys.ToArray())
            {
                End(id, _running[id], JobState.Interrupted, "did not heed the stop of the queue");
            }

            _registry!.Dispose();
            _registry = null;
        }
    }

    private async Task RunAsync(JobStatus started, JobBody body, RunningJob running)
    {
        var id = started.Id;
        try
        {
            await body(new(started, line => Log(id, running, line), (progress, message) => Report(id, running, progress, message), running.Stop.Token)).ConfigureAwait(false);
            End(id, running, JobState.Completed, null);
        }
        catch (OperationCanceledException) when (running.Stop.IsCancellationRequested)
        {
            End(id, running, running.Wanted ?? JobState.Interrupted, "stopped in the middle");
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever a job throws is its own error, not the queue's.
            End(id, running, JobState.Error, exception.Message);
        }
    }

    private static readonly TimeSpan Heeding = TimeSpan.FromSeconds(1);

    private void End(string id, RunningJob running, JobState state, string? message) => Change(id, running, status =>
    {
        _running.Remove(id);
        return status with { State = state, EndedAt = Now, HeardAt = Now, Message = message ?? status.Message, Progress = state == JobState.Completed ? 1 : status.Progress };
    });

    private void Report(string id, RunningJob running, double? progress, string? message) =>
        Change(id, running, status =>
        {
            running.HeardAt = _options.Time.GetTimestamp();
            return status with { Progress = progress ?? status.Progress, Message = message ?? status.Message, HeardAt = Now };
        });

    // A word of a job that was abandoned does not count. A registry that cannot be written (a full disk) is told; the state in memory is right.
    private void Change(string id, RunningJob running, Func<JobStatus, JobStatus> change)
    {
        lock (_gate)
        {
            if (_registry is null || !_running.TryGetValue(id, out var current) || current != running || !_registry.Jobs.TryGetValue(id, out var entry))
            {
                return;
            }

            var status = change(entry.Status);
            try
            {
                _registry.Save(status);
            }
            catch (IOException exception)
            {
                entry.Status = status;
                _options.Told($"the job '{id}' is {Name(status.State)}, which could not be written into the registry: {exception.Message}");
            }
        }
    }

    private void Log(string id, RunningJob running, string line)
    {
        lock (_gate)
        {
            if (_registry is null || !_running.TryGetValue(id, out var current) || current != running)
            {
                return;
            }

            try
            {
                _registry.Log(id, new(Now, line));
            }
            catch (IOException exception)
            {
                _options.Told($"a line of the job '{id}' could not be kept: {exception.Message}");
            }
        }
    }
}
