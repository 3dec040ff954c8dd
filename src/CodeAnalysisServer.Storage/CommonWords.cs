namespace CodeAnalysisServer.Storage;

/// <summary>Stems that say little of a text.</summary>
internal static class CommonWords
{
    private static readonly HashSet<string> OfEnglish = Set("the of to a an and or is are in for that this it if with as be by from on at when not was which will can has have its any all into no");

    // Keywords of the C family, and what nearly every signature has.
    private static readonly HashSet<string> OfCode = Set("abstract as base bool break byte case catch char class const continue decimal default delegate do double else enum event explicit extern "
        + "false finally fixed float foreach goto implicit int interface internal lock long namespace new null object operator out override params private protected public readonly ref return sbyte "
        + "sealed short sizeof static string struct switch throw true try typeof uint ulong unchecked unsafe ushort using var virtual void volatile while get set value async await nameof record init "
        + "where select yield partial nullable args arg argument exception system task func action list ienumerable type item items index count length name result");

    /// <summary>Whether a stem holds English together, and is in comments rather than in code.</summary>
    public static bool IsEnglish(string stem) => OfEnglish.Contains(stem);

    /// <summary>Whether a stem is in most texts, of English or of code.</summary>
    public static bool Contains(string stem) => OfEnglish.Contains(stem) || OfCode.Contains(stem);

    private static HashSet<string> Set(string words) => [.. words.Split(' ').Select(Words.Stem)];
}
