namespace WorkerManagement.Cli.Commands;

/// <summary>What is left, and what this machine allows.</summary>
internal static class Cleaning
{
    public static void AddTo(CommandLine line)
    {
        line.Add("reap", "Ends what an earlier manager of this directory left; refused while one runs", [], [], (call, _, cancel) => Verbs.ReapAsync(call, cancel));
        line.Add("verify", "Succeeds only if no process of this directory is unaccounted for", [], [], (call, _, cancel) => Verbs.VerifyAsync(call, cancel));
    }
}
