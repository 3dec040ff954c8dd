using System.Globalization;

namespace WorkerManagement.Guard;

/// <summary>The command line that the manager gives to the keeper, and the keeper to the guard.</summary>
internal sealed record GuardArguments(
    string Role,
    string StateDirectory,
    int ManagerPid,
    ulong ManagerStartTime,
    Containment Strongest,
    int SweepGraceMilliseconds,
    string Version,
    bool Masked)
{
    internal const string Usage =
        "usage: workers-guard keeper STATE-DIRECTORY MANAGER-PID MANAGER-START-TIME CONTAINMENT SWEEP-GRACE-MS VERSION\n"
        + "The manager starts it; its standard input is the lifeline. There is nothing to run by hand.\n";

    internal static GuardArguments? TryParse(string[] arguments)
    {
        if (arguments.Length is < 7 or > 8
            || arguments[0] is not ("keeper" or "guard")
            || !arguments[1].StartsWith('/')
            || !int.TryParse(arguments[2], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            || !ulong.TryParse(arguments[3], NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            || ParseContainment(arguments[4]) is not { } containment
            || !int.TryParse(arguments[5], NumberStyles.None, CultureInfo.InvariantCulture, out var grace)
            || (arguments.Length == 8 && arguments[7] != "masked"))
        {
            return null;
        }

        return new(arguments[0], arguments[1], pid, start, containment, grace, arguments[6], arguments.Length == 8);
    }

    internal List<string> ToList(string program)
    {
        List<string> list =
        [
            program, Role, StateDirectory, ManagerPid.ToString(CultureInfo.InvariantCulture),
            ManagerStartTime.ToString(CultureInfo.InvariantCulture), Words.Of(Strongest),
            SweepGraceMilliseconds.ToString(CultureInfo.InvariantCulture), Version,
        ];
        if (Masked)
        {
            list.Add("masked");
        }

        return list;
    }

    private static Containment? ParseContainment(string text) => text switch
    {
        "cgroup" => Containment.Cgroup,
        "tag" => Containment.Tag,
        "descendants" => Containment.Descendants,
        _ => null,
    };
}

/// <summary>Enum names as the outside sees them, without reflection.</summary>
internal static class Words
{
    internal static string Of(Containment containment) => containment switch
    {
        Containment.Cgroup => "cgroup",
        Containment.Tag => "tag",
        Containment.Descendants => "descendants",
        _ => "none",
    };
}
