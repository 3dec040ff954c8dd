using System.Text.RegularExpressions;

namespace WorkerManagement.Capsules;

/// <summary>
/// Takes out of a text what is known to be secret: the values of environment variables whose name says so, passwords in addresses, and what stands
/// behind a word such as <c>password=</c>. A secret that nothing marks as one cannot be known.
/// </summary>
internal sealed class Secrets
{
    private const string Word = "secret|token|passw|passphrase|pwd|credential|api[-_]?key|access[-_]?key|private[-_]?key";
    private const string Hidden = "***";

    // Shorter ones (true, false, a port) are words that stand everywhere.
    private const int ShortestValue = 6;

    // Linear in the text, whatever a worker wrote.
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private static readonly Regex Name = new(Word + "|auth", Options);
    private static readonly Regex Assigned = new($"((?:{Word})[a-z0-9_.-]*[\"']?\\s*[=:]\\s*[\"']?)[^\\s\"',;&]+", Options);
    private static readonly Regex Bearer = new("(bearer|basic)\\s+[a-z0-9+/=._~-]{8,}", Options);
    private static readonly Regex Address = new("(://[^\\s/:@]*):[^\\s/@]+@", Options);
    private static readonly Regex Flag = new($"^--?[a-z0-9_.-]*(?:{Word})[a-z0-9_.-]*$", Options);

    private readonly string[] _values;

    /// <param name="environment">As <c>NAME=value</c>.</param>
    public Secrets(IEnumerable<string> environment)
    {
        var values = new HashSet<string>();
        foreach (var variable in environment)
        {
            var equals = variable.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && variable.Length - equals - 1 >= ShortestValue && Name.IsMatch(variable[..equals]))
            {
                values.Add(variable[(equals + 1)..]);
            }
        }

        // Longer ones first: one may be part of another.
        _values = [.. values.OrderByDescending(value => value.Length)];
    }

    public string Hide(string text)
    {
        foreach (var value in _values)
        {
            text = text.Replace(value, Hidden, StringComparison.Ordinal);
        }

        text = Bearer.Replace(text, "$1 " + Hidden);
        text = Assigned.Replace(text, "$1" + Hidden);
        return Address.Replace(text, "$1:" + Hidden + "@");
    }

    /// <summary>As <see cref="Hide"/>, and what follows an argument such as <c>--password</c>.</summary>
    public IReadOnlyList<string> HideArguments(IReadOnlyList<string> arguments) =>
        [.. arguments.Select((argument, place) => place > 0 && Flag.IsMatch(arguments[place - 1]) ? Hidden : Hide(argument))];
}
