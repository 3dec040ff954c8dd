using System.Net.Sockets;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>
/// A client of the queue: sends transactions, many at a time, and gets each its own answer. Thread-safe. Cancelling withdraws a request:
/// <see cref="OperationCanceledException"/> means that nothing of it was done; when it was too late for that, the result comes as if
/// nobody had cancelled.
/// </summary>
public sealed class SqliteDriverProxy : IAsyncDisposable
{
    private readonly QueueConnection _connection;

    private SqliteDriverProxy(QueueConnection connection)
    {
        _connection = connection;
        Jobs = new(connection);
    }

    /// <summary>Completes when the queue has gone. Never faults.</summary>
    public Task Closed => _connection.Closed;

    /// <summary>The queue's jobs.</summary>
    public QueueJobs Jobs { get; }

    /// <summary>Connects to the queue of a data directory.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <exception cref="IOException">What listens there is of another version, or left.</exception>
    public static async Task<SqliteDriverProxy> ConnectAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(QueueAddress.Of(dataDirectory), cancellationToken).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            await stream.WriteAsync(Frames.Hello, cancellationToken).ConfigureAwait(false);
            await Frames.HearHelloAsync(stream, cancellationToken).ConfigureAwait(false);
            return new(new(stream));
        }
        catch (InvalidDataException exception)
        {
            socket.Dispose();
            throw new IOException(exception.Message, exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Executes statements as one transaction: all or none. Completes once it is committed.</summary>
    /// <param name="statements">In their order; the same text many times is sent once.</param>
    /// <param name="deadline">Afterwards it is withdrawn. None unless given.</param>
    /// <param name="cancellationToken">Withdraws it.</param>
    /// <exception cref="ArgumentException">The transaction is too large, or has a value that cannot be stored; nothing was sent.</exception>
    /// <exception cref="QueueRefusedException">The database refuses; nothing was done.</exception>
    /// <exception cref="TimeoutException">Its deadline passed; nothing was done.</exception>
    /// <exception cref="IOException">The queue has gone; it is not known whether it was done.</exception>
    public async Task<QueueResult> ExecuteAsync(IReadOnlyList<Statement> statements, TimeSpan? deadline, CancellationToken cancellationToken = default) =>
        ToResult(await _connection.AskAsync(id => TransactionBody.Pack(FrameKind.Execute, id, statements, deadline), cancellationToken).ConfigureAwait(false));

    /// <inheritdoc cref="ExecuteAsync(IReadOnlyList{Statement}, TimeSpan?, CancellationToken)"/>
    public Task<QueueResult> ExecuteAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken) => ExecuteAsync(statements, null, cancellationToken);

    /// <summary>
    /// Reads through the queue; the rows stream in frames of bounded size, as fast as they are taken. What was committed before is seen. An
    /// enumeration that is left early ends the read.
    /// </summary>
    /// <exception cref="QueueRefusedException">The database refuses the statement, or it would write.</exception>
    /// <exception cref="TimeoutException">Its deadline passed; a minute unless given.</exception>
    public IAsyncEnumerable<QueueRow> QueryAsync(Statement statement, TimeSpan? deadline = null, CancellationToken cancellationToken = default) =>
        QueueRows.ReadAsync(_connection, id => TransactionBody.PackQuery(FrameKind.Query, id, statement, deadline), cancellationToken);

    /// <summary>
    /// Opens an interactive transaction, which reads what it wrote. Nobody else writes until it ends: be quick, it is rolled back when
    /// nothing comes for five seconds, and by its disposal unless it was committed.
    /// </summary>
    /// <exception cref="QueueRefusedException">The database cannot be written now.</exception>
    public async Task<QueueTransaction> BeginAsync(CancellationToken cancellationToken = default)
    {
        var begun = await _connection.OpenAsync(id => Packer.Plain(FrameKind.Begin, id), cancellationToken).ConfigureAwait(false);
        return new(_connection, begun);
    }

    /// <summary>From its completion on, no commit goes unnoticed by <see cref="CommittedAsync"/>.</summary>
    public Task SubscribeAsync(CancellationToken cancellationToken) => _connection.AskAsync(id => Packer.Plain(FrameKind.Subscribe, id), cancellationToken);

    /// <summary>Waits until something was committed since the last call. For one caller at a time.</summary>
    /// <exception cref="IOException">The queue has gone.</exception>
    public Task CommittedAsync(CancellationToken cancellationToken) => _connection.CommittedAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    internal static QueueResult ToResult(Frame answer)
    {
        var reader = new Unpacker(answer.Body.Span);
        if (reader.AtEnd)
        {
            return new([], []);
        }

        var count = reader.Count();
        var (changed, ids) = (new int[count], new long[count]);
        for (var i = 0; i < count; i++)
        {
            changed[i] = (int)reader.Plain();
            ids[i] = reader.Number();
        }

        return new(changed, ids);
    }
}
