namespace WorkerManagement.Cli;

/// <summary>What the command says to scripts.</summary>
internal static class ExitCodes
{
    internal const int Done = 0, Failed = 1, Usage = 2, NoManager = 3, NotSettled = 4;

    private static readonly string[] Meanings = ["done", "failed", "usage or configuration", "no manager there", "not settled in time"];

    /// <summary>Codes in words, such as <c>0 done, 1 failed</c>.</summary>
    public static string Describe(IEnumerable<int> codes) => string.Join(", ", codes.Select(code => $"{code} {Meanings[code]}"));
}
