using System.Globalization;

namespace WorkerManagement;

/// <summary>Linux signal numbers and their names on x86-64 and arm64 (<c>signal(7)</c>).</summary>
public static class SignalName
{
    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>Signal 15 is <c>SIGTERM</c>; a number without a name (real-time signals) is <c>signal N</c>.</summary>
    public static string Of(int signal) => signal > 0 && signal < Names.Length
        ? "SIG" + Names[signal]
        : string.Create(CultureInfo.InvariantCulture, $"signal {signal}");

    /// <summary>Parses <c>TERM</c>, <c>SIGTERM</c> or <c>15</c>, in any case.</summary>
    public static bool TryParse(string? text, out int signal)
    {
        signal = 0;
        if (string.IsNullOrWhiteSpace(text))
        {
            return false;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out signal))
        {
            return signal is > 0 and <= 64;
        }

        var name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        signal = Array.FindIndex(Names, 1, candidate => candidate.Equals(name, StringComparison.OrdinalIgnoreCase));
        return signal > 0;
    }
}
