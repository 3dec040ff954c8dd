using System.Runtime.InteropServices;

namespace ScriptedWorker;

/// <summary>
/// A process that forks and ends for ever, each time in a session of its own: whoever signals its number signals one that is
/// gone. It flies while a file exists.
/// </summary>
internal static unsafe partial class Comet
{
    internal static void Fly(string whileThere)
    {
        var file = (byte*)Marshal.StringToCoTaskMemUTF8(whileThere);
        while (access(file, 0) == 0)
        {
            if (Native.fork() != 0)
            {
                Native._exit(0);
            }

            Native.setsid();
        }

        Native._exit(0);
    }

    [LibraryImport("libc"), SuppressGCTransition]
    private static partial int access(byte* path, int mode);
}
