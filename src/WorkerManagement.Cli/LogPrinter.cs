using System.Globalization;
using System.Text;
using WorkerManagement.Logs;

namespace WorkerManagement.Cli;

/// <summary>
/// Lines as people read them: time, name, text. On a terminal each worker has a colour (not with <c>NO_COLOR</c>), and what could act on the
/// terminal is shown, not done: <c>^[</c> for an escape.
/// </summary>
internal sealed class LogPrinter
{
    // Those that can be read on light and on dark.
    private static readonly int[] Colours = [36, 32, 35, 34, 33, 96, 92, 95, 94];

    private readonly Stream _output;
    private readonly bool _json;
    private readonly bool _terminal;
    private readonly bool _times;
    private readonly bool _raw;
    private readonly bool _coloured;
    private readonly Dictionary<string, string> _heads;

    public LogPrinter(Stream output, string[] names, bool json, bool terminal, bool times, bool raw)
    {
        (_output, _json, _terminal, _times, _raw) = (output, json, terminal, times, raw);
        _coloured = terminal && Environment.GetEnvironmentVariable("NO_COLOR") is not { Length: > 0 } && Environment.GetEnvironmentVariable("TERM") != "dumb";
        var width = names.Length > 1 || terminal ? names.Max(name => name.Length) : 0;
        _heads = names.Index().ToDictionary(name => name.Item, name => width == 0 ? "" : Coloured(name.Item.PadRight(width), Colours[name.Index % Colours.Length]) + " ");
    }

    public void Print(LogLine line)
    {
        if (_json)
        {
            _output.Write(LogLineJson.Of(line));
        }
        else
        {
            Write(_times ? (line.At is { } at ? Shown.Exactly(at) : "-".PadRight(23)) + " " : "");
            Write(_heads[line.Worker]);
            if (_heads[line.Worker].Length > 0)
            {
                // Which of the two pipes it came from.
                Write(line.Stream is LogStream.Error ? Coloured("!", 31) + " " : "| ");
            }

            if (line.Stream is LogStream.Lost)
            {
                Write(string.Create(CultureInfo.InvariantCulture, $"-- {line.Run} bytes are missing here: the disk did not take them --"));
            }
            else if (_terminal && !_raw)
            {
                Write(Neutral(line.Text));
            }
            else
            {
                _output.Write(line.Bytes);
            }
        }

        _output.WriteByte((byte)'\n');
    }

    /// <summary>With its control characters in caret notation; a tab stays, and so does nothing of the C1 set.</summary>
    public static string Neutral(string text)
    {
        if (!text.Any(character => ForTerminal.Acts(character) && character != '\t'))
        {
            return text;
        }

        var neutral = new StringBuilder(text.Length + 16);
        foreach (var character in text)
        {
            _ = character switch
            {
                '\t' => neutral.Append(character),
                < ' ' => neutral.Append('^').Append((char)(character + '@')),
                '\u007f' => neutral.Append("^?"),
                _ when ForTerminal.Acts(character) => neutral.Append('\uFFFD'),
                _ => neutral.Append(character),
            };
        }

        return neutral.ToString();
    }

    private string Coloured(string text, int colour) => _coloured ? string.Create(CultureInfo.InvariantCulture, $"\e[{colour}m{text}\e[0m") : text;

    private void Write(string text) => _output.Write(Encoding.UTF8.GetBytes(text));
}
