using System.Text.Json;
using WorkerManagement.Capsules;
using WorkerManagement.Cli.Output;

namespace WorkerManagement.Cli;

/// <summary><c>workers capsules</c>: the list, or one of them. Only files are read, so it works without a manager, too.</summary>
internal static class CapsulesVerb
{
    public static int Run(Invocation call, string? which)
    {
        var store = new CapsuleStore(call.StateDirectory);
        if (which is null)
        {
            return List(call, store.List());
        }

        if (store.Find(which) is { } capsule || (store.Newest(which) is { } newest && (capsule = store.Find(newest)) is not null))
        {
            return call.Say(call.Json ? JsonSerializer.Serialize(capsule, CapsuleJson.Default.CrashCapsule) : CapsuleText.Of(capsule).TrimEnd());
        }

        return call.Fail($"there is no crash capsule '{which}', and no worker of that name has one; 'workers capsules' lists them");
    }

    private static int List(Invocation call, IReadOnlyList<CapsuleEntry> capsules) => call.Json
        ? call.Say(JsonSerializer.Serialize(new(capsules), CapsuleJson.Default.CapsuleList))
        : capsules.Count == 0
            ? call.Say($"no worker of '{Path.GetFullPath(call.StateDirectory)}' has ended abnormally, as far as is kept")
            : call.PrintTable(["ID", "WORKER", "ENDED", "HOW", "THEN", "WHY"], [.. capsules.Select(capsule => (Cell[])[capsule.Id, capsule.Worker, Shown.Time(capsule.At), capsule.How, capsule.Then.ToString(), ForTerminal.Plain(capsule.Why)])], 4);
}
