using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>What is answered in more than one frame.</summary>
internal sealed partial class QueueConnection
{
    /// <summary>Opens an interactive transaction; its conversation ends with it.</summary>
    public async Task<Conversation> OpenAsync(Func<long, ReadOnlyMemory<byte>> make, CancellationToken cancellationToken)
    {
        await Transaction.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var asked = await SayAsync(make).ConfigureAwait(false);
            var begun = asked.Parts.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            try
            {
                await begun.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await WithdrawAsync(asked.Id).ConfigureAwait(false);
                if (await begun.ConfigureAwait(false))
                {
                    // Too late to withdraw: open, and given up.
                    await AskAsync(id => QueueTransaction.Inside(FrameKind.RollBack, id, asked.Id), CancellationToken.None, inTransaction: true).ConfigureAwait(false);
                }

                await asked.Answer.Task.ConfigureAwait(false);
                throw;
            }

            return await begun.ConfigureAwait(false) ? asked : throw Refusal(await asked.Answer.Task.ConfigureAwait(false), cancellationToken);
        }
        catch
        {
            Transaction.Release();
            throw;
        }
    }

    /// <summary>Asks for something that comes in parts. To be disposed of with <see cref="CloseAsync"/>.</summary>
    public async Task<Conversation> StreamAsync(Func<long, ReadOnlyMemory<byte>> make, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await SayAsync(make).ConfigureAwait(false);
        }
        catch
        {
            _room.Release();
            throw;
        }
    }

    /// <summary>Ends a stream, early if it is not over.</summary>
    public async Task CloseAsync(Conversation stream)
    {
        if (!stream.Answer.Task.IsCompleted)
        {
            await WithdrawAsync(stream.Id).ConfigureAwait(false);
            await ((Task)stream.Answer.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _waiting.TryRemove(stream.Id, out _);
        _room.Release();
    }
}
