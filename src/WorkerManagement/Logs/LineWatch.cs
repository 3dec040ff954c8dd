using System.Text;
using System.Text.RegularExpressions;

namespace WorkerManagement.Logs;

/// <summary>Looks for one line in a worker's output; a line longer than the bound is looked at in pieces.</summary>
internal sealed class LineWatch(string pattern, Action found)
{
    private const int MaximumLine = 64 * 1024;
    private readonly Regex _pattern = PatternOf(pattern);
    private readonly List<byte> _line = [];
    private bool _done;

    /// <summary>Matches in linear time, whatever the worker writes.</summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    /// <exception cref="NotSupportedException">It needs backtracking.</exception>
    public static Regex PatternOf(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    public void Feed(ReadOnlySpan<byte> data)
    {
        foreach (var octet in _done ? [] : data)
        {
            if (octet != (byte)'\n')
            {
                _line.Add(octet);
            }

            if (octet == (byte)'\n' || _line.Count >= MaximumLine)
            {
                if (_pattern.IsMatch(Encoding.UTF8.GetString([.. _line])))
                {
                    _done = true;
                    found();
                    return;
                }

                _line.Clear();
            }
        }
    }
}
