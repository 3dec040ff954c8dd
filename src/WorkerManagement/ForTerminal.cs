namespace WorkerManagement;

/// <summary>What somebody else wrote, for a terminal: nothing of it may act there. Pure.</summary>
internal static class ForTerminal
{
    /// <summary>Whether a character could act on a terminal: control characters, and those that turn the direction of writing.</summary>
    public static bool Acts(char character) => char.IsControl(character) || character is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    /// <summary>The text with a replacement character for each that could act.</summary>
    /// <param name="text">As it was written.</param>
    /// <param name="tab">What stands for a tab.</param>
    /// <param name="newLine">What stands for the end of a line.</param>
    public static string Plain(string text, char tab = '\uFFFD', char newLine = '\uFFFD') => !text.Any(Acts) ? text : new([.. text.Select(character => character switch
    {
        '\t' => tab,
        '\n' => newLine,
        _ => Acts(character) ? '\uFFFD' : character,
    })]);
}
