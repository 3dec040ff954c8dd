using CodeAnalysisServer.SqliteQueue.Sessions;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>Rows of a statement as frames of bounded size.</summary>
internal static class Rows
{
    /// <summary>The next frame of rows; null when there is none. Each row is preceded by 1; 0 ends the frame.</summary>
    public static ReadOnlyMemory<byte>? Fill(RowSource rows, PendingRequest request, out bool more)
    {
        Packer? packer = null;
        more = true;
        while (more && (packer?.Length ?? 0) < Frames.Rows && (more = rows.Step()))
        {
            packer ??= new(FrameKind.Rows, request.Id, 4096);
            rows.PackRow(packer.Byte(1));
        }

        return packer?.Byte(0).Finish();
    }
}
