using System.Data.Common;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>What goes wrong.</summary>
internal sealed partial class QueueWriter
{
    private void Fail(PendingRequest request, DbException exception)
    {
        if (request.IsWithdrawn)
        {
            request.AnswerWithdrawn();
            return;
        }

        var why = _session.Told(exception);
        request.Refuse($"{why}; nothing was done");
        _told($"a transaction was refused: {why}");
    }
}
