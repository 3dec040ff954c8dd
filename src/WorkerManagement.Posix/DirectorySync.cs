using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

/// <summary><c>fsync(2)</c> of a directory: names in it that were made, renamed or removed are so after a power loss too.</summary>
public static partial class DirectorySync
{
    /// <summary>Syncs it; false with errno when it is not there, or its file system cannot.</summary>
    public static bool TrySync(string directory)
    {
        var descriptor = Descriptors.TryOpen(directory, Descriptors.ReadOnly);
        if (descriptor < 0)
        {
            return false;
        }

        try
        {
            return fsync(descriptor) == 0;
        }
        finally
        {
            Descriptors.Close(descriptor);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);
}
