using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

/// <summary>Numbers of the calls that the C library does not wrap (or not whole), from <c>asm/unistd.h</c>.</summary>
internal static class SystemCalls
{
    internal const int PidFdSendSignal = 424;
    internal const int PidFdOpen = 434;
    internal const int CloseRange = 436;

    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64;

    internal static int ExitGroup => Arm ? 94 : 231;

    internal static int WaitId => Arm ? 95 : 247;
}
