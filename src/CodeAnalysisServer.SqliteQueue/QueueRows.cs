using System.Runtime.CompilerServices;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>Rows as they stream in.</summary>
internal static class QueueRows
{
    /// <summary>Asks and yields each row; a frame that was used up lets the next one come.</summary>
    public static async IAsyncEnumerable<QueueRow> ReadAsync(QueueConnection connection, Func<long, ReadOnlyMemory<byte>> make, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = await connection.StreamAsync(make, cancellationToken).ConfigureAwait(false);
        try
        {
            string[] columns = [];
            await foreach (var frame in stream.Parts.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (frame.Kind == FrameKind.Columns)
                {
                    columns = Columns(frame);
                    continue;
                }

                foreach (var row in Rows(frame, columns))
                {
                    yield return row;
                }

                await connection.TellAsync(FrameKind.Credit, stream.Id).ConfigureAwait(false);
            }

            await connection.AnswerAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await connection.CloseAsync(stream).ConfigureAwait(false);
        }
    }

    public static string[] Columns(Frame frame)
    {
        var reader = new Unpacker(frame.Body.Span);
        var columns = new string[reader.Count()];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = reader.Text();
        }

        return columns;
    }

    public static List<QueueRow> Rows(Frame frame, string[] columns)
    {
        var reader = new Unpacker(frame.Body.Span);
        var rows = new List<QueueRow>();
        while (reader.Byte() != 0)
        {
            var values = new object?[columns.Length];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = reader.Value();
            }

            rows.Add(new(columns, values));
        }

        return rows;
    }
}
