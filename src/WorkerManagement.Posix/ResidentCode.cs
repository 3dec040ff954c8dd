using System.Globalization;
using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

/// <summary>The part of this process' resident memory that is program code: <c>madvise(2)</c>.</summary>
public static partial class ResidentCode
{
    /// <summary>
    /// Lets go of the pages of code that are mapped from files. They were never written, and come back from the page cache when they
    /// are next needed. For a process that has started and now waits, perhaps for ever. Code that the runtime may have patched (private
    /// copies under a just-in-time runtime) must not be let go: natively compiled programs only.
    /// </summary>
    public static void Release()
    {
        const int dontNeed = 4;
        foreach (var line in File.ReadAllLines("/proc/self/maps"))
        {
            // address-address perms offset device inode path; r-xp: code, and private, so not a mapping that others write.
            var words = line.Split(' ', 3);
            if (words.Length == 3 && words[1] == "r-xp" && words[2].Contains(" /", StringComparison.Ordinal)
                && words[0].Split('-') is [var first, var last]
                && nint.TryParse(first, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var start)
                && nint.TryParse(last, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var end))
            {
                _ = madvise(start, end - start, dontNeed);
            }
        }
    }

    [LibraryImport("libc")]
    private static partial int madvise(nint start, nint length, int advice);
}
