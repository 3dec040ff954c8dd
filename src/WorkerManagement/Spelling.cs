namespace WorkerManagement;

/// <summary>What somebody may have meant who wrote a name that nobody knows. Pure.</summary>
internal static class Spelling
{
    private const int Shown = 20;

    /// <summary>How a message about an unknown word goes on: the nearest one, or all that there are, or the first of them.</summary>
    public static string Hint(string word, IReadOnlyCollection<string> known) =>
        Nearest(word, known) is { } nearest ? $"; did you mean '{nearest}'?"
        : known.Count == 0 ? "; none is known"
        : "; known are: " + string.Join(", ", known.Order(StringComparer.Ordinal).Take(known.Count > Shown + 3 ? Shown : known.Count)) + (known.Count > Shown + 3 ? $" and {known.Count - Shown} more" : "");

    /// <summary>The nearest word, when it is near enough to be a slip of the finger.</summary>
    public static string? Nearest(string word, IEnumerable<string> known) => known
        .Select(name => (Name: name, Distance: Distance(name, word)))
        .Where(candidate => candidate.Distance <= Math.Clamp(word.Length / 2, 1, 3) && candidate.Distance < Math.Max(word.Length, candidate.Name.Length))
        .OrderBy(candidate => candidate.Distance)
        .Select(candidate => candidate.Name)
        .FirstOrDefault();

    // Optimal string alignment: Levenshtein's distance in which two letters that changed places count once.
    private static int Distance(string first, string second)
    {
        var before = new int[second.Length + 1];
        var last = Enumerable.Range(0, second.Length + 1).ToArray();
        for (var i = 1; i <= first.Length; i++)
        {
            var row = new int[second.Length + 1];
            row[0] = i;
            for (var j = 1; j <= second.Length; j++)
            {
                row[j] = Math.Min(Math.Min(last[j] + 1, row[j - 1] + 1), last[j - 1] + (first[i - 1] == second[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && first[i - 1] == second[j - 2] && first[i - 2] == second[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            (before, last) = (last, row);
        }

        return last[^1];
    }
}
