namespace WorkerManagement.Cli;

/// <summary>What the command says to scripts.</summary>
internal static class ExitCodes
{
    internal const int Done = 0, Failed = 1, Usage = 2, NoManager = 3, NotSettled = 4;
}
