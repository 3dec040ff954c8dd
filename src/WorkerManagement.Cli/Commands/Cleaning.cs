using System.CommandLine;
using WorkerManagement.Cli.Doctor;
using WorkerManagement.Cli.Drilling;

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

        var yes = new Option<bool>("--yes") { Description = "On the real manager of --state-dir: every worker that is up, the guard and the keeper are killed once" };
        var manager = new Option<bool>("--manager") { Description = "With --yes: at the end the manager, too, which then stays down unless something starts it" };
        line.Add("drill", "Kills workers, guard, keeper and manager, by default of a scratch set of its own, and tells whether the promises were kept", [yes, manager], [], (call, parsed, cancel) => DrillVerb.RunAsync(call, parsed.GetValue(yes), parsed.GetValue(manager), cancel));
    }
}
