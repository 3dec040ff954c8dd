using System.CommandLine;
using WorkerManagement.Cli.Doctor;

namespace WorkerManagement.Cli.Commands;

/// <summary>What is left, and what this machine allows.</summary>
internal static class Cleaning
{
    public static void AddTo(CommandLine line)
    {
        var plan = new Option<bool>("--plan") { Description = "Only tell what would be ended" };
        line.Add("doctor", "Tells what this machine allows, what is wrong, and the line that fixes it", [], [], (call, _, cancel) => DoctorVerb.RunAsync(call, cancel), 0, 1, 2);
        line.Add("reap", "Ends what an earlier manager of this directory left; refused while one runs", [plan], [], (call, parsed, cancel) => LeftoverVerbs.ReapAsync(call, parsed.GetValue(plan), cancel), 0, 2, 4);
        line.Add("verify", "Succeeds only if no process of this directory is unaccounted for", [], [], (call, _, cancel) => LeftoverVerbs.VerifyAsync(call, cancel), 0, 1, 2);
    }
}
