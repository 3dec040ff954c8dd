using System.Text;

namespace WorkerManagement.Cli.Importing;

/// <summary>A line of shell as words, where no shell is needed to understand it.</summary>
internal static class ShellWords
{
    private const string Special = "|&;<>()$`*?[]{}~#!\n";

    /// <summary>The command as program and arguments. What only a shell understands is given to one.</summary>
    /// <param name="line">The line.</param>
    /// <param name="shell">Whether a shell was needed.</param>
    public static IReadOnlyList<string> Command(string line, out bool shell)
    {
        var words = Split(line, bare: false);
        shell = words is null || words.Count == 0 || words[0].Contains('=', StringComparison.Ordinal);
        return shell ? ["sh", "-c", $"exec {line}".Replace("exec exec ", "exec ", StringComparison.Ordinal)] : words!;
    }

    /// <summary>Words as a shell without expansion makes them; never null when <paramref name="bare"/> lets special characters stand for themselves.</summary>
    public static List<string>? Split(string line, bool bare)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (inWord, quote) = (false, '\0');
        for (var i = 0; i < line.Length; i++)
        {
            var character = line[i];
            if (quote == '\0' && char.IsWhiteSpace(character) && (bare || character != '\n'))
            {
                if (inWord)
                {
                    words.Add(word.ToString());
                    word.Clear();
                }

                inWord = false;
                continue;
            }

            inWord = true;
            if (character == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && character is '"' or '\'' && quote == '\0')
            {
                quote = character;
            }
            else if (character == '\\' && quote != '\'' && i + 1 < line.Length)
            {
                word.Append(line[++i]);
            }
            else if (!bare && (quote == '\0' ? Special.Contains(character, StringComparison.Ordinal) : quote == '"' && character is '$' or '`'))
            {
                return null;
            }
            else
            {
                word.Append(character);
            }
        }

        if (inWord)
        {
            words.Add(word.ToString());
        }

        return quote == '\0' || bare ? words : null;
    }
}
