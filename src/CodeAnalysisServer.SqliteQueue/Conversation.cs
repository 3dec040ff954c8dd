using System.Threading.Channels;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>One question and what comes back: parts, then the one answer.</summary>
internal sealed class Conversation(long id)
{
    public long Id { get; } = id;

    public Channel<Frame> Parts { get; } = Channel.CreateUnbounded<Frame>(new() { SingleReader = true });

    public TaskCompletionSource<Frame> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
