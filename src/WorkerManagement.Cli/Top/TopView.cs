using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;
using WorkerManagement.Cli.Output;

namespace WorkerManagement.Cli.Top;

/// <summary>
/// The live view. It draws on the terminal's second screen, which is left again however the view ends, and waits for a key or the next
/// second, whichever comes first.
/// </summary>
internal sealed class TopView(ManagerClient client, TopSource source, Screen screen) : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly Channel<ConsoleKeyInfo> _keys = Channel.CreateUnbounded<ConsoleKeyInfo>();
    private readonly CancellationTokenSource _ended = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly Stream _terminal = Screen.Open();
    private List<TopRow> _rows = [];
    private int _chosen;
    private int _first;
    private volatile string _foot = "";
    private volatile int _acts;
    private (string Verb, string Name)? _asked;
    private string? _logsOf;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                _ended.Cancel();
            }));
        }

        // The first answer comes before the screen changes: where no manager is, that is said as every verb says it.
        _rows = await source.NextAsync(linked.Token).ConfigureAwait(false);
        new Thread(ReadKeys) { IsBackground = true, Name = "keys" }.Start();
        // Without the terminal's own line breaks: a character may be wider than one column, and a row that is too long would move all others.
        Write("\e[?1049h\e[?25l\e[?7l");
        try
        {
            while (true)
            {
                await DrawAsync(linked.Token).ConfigureAwait(false);
                if (await WaitAsync(linked.Token).ConfigureAwait(false) is { } key)
                {
                    if (key.Key is ConsoleKey.Q && _asked is null && _logsOf is null)
                    {
                        return ExitCodes.Done;
                    }

                    await OnKeyAsync(key, linked.Token).ConfigureAwait(false);
                }
                else
                {
                    _rows = await source.NextAsync(linked.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
            return ExitCodes.Done;
        }
        finally
        {
            Write("\e[?7h\e[?25h\e[?1049l");
        }
    }

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _ended.Dispose();
        _terminal.Dispose();
    }

    // Reading a key blocks, and nothing can end it but a key or the process's end: a thread of its own, which goes with the process.
    private void ReadKeys()
    {
        try
        {
            while (_keys.Writer.TryWrite(Console.ReadKey(intercept: true)))
            {
            }
        }
        catch (InvalidOperationException)
        {
            // The terminal is gone, which the signal says too.
        }
    }

    private async Task<ConsoleKeyInfo?> WaitAsync(CancellationToken cancellationToken)
    {
        using var beat = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        beat.CancelAfter(Beat);
        try
        {
            return await _keys.Reader.ReadAsync(beat.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task OnKeyAsync(ConsoleKeyInfo key, CancellationToken cancellationToken)
    {
        if (_logsOf is not null)
        {
            _logsOf = null;
            return;
        }

        if (_asked is { } asked)
        {
            _asked = null;
            _foot = "";
            if (key.Key is ConsoleKey.Y)
            {
                Begin(asked.Verb, asked.Name, cancellationToken);
            }

            return;
        }

        var name = _rows.ElementAtOrDefault(_chosen)?.Name;
        switch (key.Key)
        {
            case ConsoleKey.UpArrow or ConsoleKey.K:
                _chosen = Math.Max(0, _chosen - 1);
                break;
            case ConsoleKey.DownArrow or ConsoleKey.J:
                _chosen = Math.Min(Math.Max(0, _rows.Count - 1), _chosen + 1);
                break;
            case ConsoleKey.S when name is not null:
                Begin("start", name, cancellationToken);
                break;
            case ConsoleKey.X or ConsoleKey.R when name is not null:
                var verb = key.Key is ConsoleKey.X ? "stop" : "restart";
                _asked = (verb, name);
                _foot = await AskFirstAsync(verb, name, cancellationToken).ConfigureAwait(false);
                break;
            case ConsoleKey.L when name is not null:
                _logsOf = name;
                break;
            default:
                _foot = "";
                break;
        }
    }

    // What ends a process is asked twice, with what it would do.
    private async Task<string> AskFirstAsync(string verb, string name, CancellationToken cancellationToken)
    {
        try
        {
            using var plan = await client.AskAsync(HttpMethod.Get, $"/v1/plan?of={Uri.EscapeDataString(name)}", cancellationToken).ConfigureAwait(false);
            return $"{verb} {name}? y: yes, any other key: no   [{plan.RootElement.GetProperty("waves")[0][0].GetProperty("ladder").GetString()}]";
        }
        catch (WorkerManagementException exception)
        {
            _asked = null;
            return exception.Message;
        }
    }

    // The view goes on meanwhile: a stop may take its worker's whole grace. Who quits leaves it to the manager.
    private void Begin(string verb, string name, CancellationToken cancellationToken)
    {
        _foot = $"{verb} {name} …";
        _ = ActAsync(verb, name, ++_acts, cancellationToken);
    }

    private async Task ActAsync(string verb, string name, int act, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.AskAsync(HttpMethod.Post, $"/v1/workers/{Uri.EscapeDataString(name)}/{verb}", cancellationToken).ConfigureAwait(false);
            Tell(act, answer.RootElement.TryGetProperty("outcome", out var outcome) ? $"stop of {name}: {outcome.GetString()}" : $"{name} is {answer.RootElement.GetProperty("state").GetString()}");
        }
        catch (Exception exception) when (exception is WorkerManagementException or NoManagerException)
        {
            Tell(act, exception.Message);
        }
        catch (OperationCanceledException)
        {
            // The view ended.
        }
    }

    // The answer of an earlier act may come after that of the last one, which is the one to be seen.
    private void Tell(int act, string words)
    {
        if (act == _acts)
        {
            _foot = words;
        }
    }

    private async Task DrawAsync(CancellationToken cancellationToken)
    {
        var now = screen with { Width = Screen.WidthNow() };
        var height = Math.Max(6, Console.WindowHeight);
        var lines = _logsOf is { } name ? await LogsAsync(name, now, height, cancellationToken).ConfigureAwait(false) : await TableAsync(now, height, cancellationToken).ConfigureAwait(false);

        // Over what is there: no flicker.
        var frame = new StringBuilder("\e[H");
        frame.AppendJoin("\e[K\r\n", lines).Append("\e[K\e[J");
        Write(frame.ToString());
    }

    private async Task<List<string>> TableAsync(Screen now, int height, CancellationToken cancellationToken)
    {
        var fit = TopScreen.RowsFor(height);
        _chosen = Math.Clamp(_chosen, 0, Math.Max(0, _rows.Count - 1));
        _first = Math.Clamp(_first, Math.Max(0, _chosen - fit + 1), _chosen);

        // Only those that are seen are read.
        var seen = await source.WithLastLinesAsync(_rows.Skip(_first).Take(fit), cancellationToken).ConfigureAwait(false);
        return TopScreen.Whole([.. _rows.Take(_first), .. seen, .. _rows.Skip(_first + seen.Count)], _chosen, _first, _foot, now, height);
    }

    private async Task<List<string>> LogsAsync(string name, Screen now, int height, CancellationToken cancellationToken)
    {
        var lines = await source.LinesAsync(name, height - 1, cancellationToken).ConfigureAwait(false);
        return [.. lines.Append($"-- {name}: any key goes back; all of it: workers logs {name} -f").Select(line => TopScreen.Cut(Table.Printable(line), now.Width ?? 80))];
    }

    private void Write(string text) => _terminal.Write(Encoding.UTF8.GetBytes(text));
}
