using System.Text;

namespace WorkerManagement;

/// <summary>
/// The hard RLIMIT_LOCKS of every worker of one state directory: 0x574D minus the nesting depth in the top 16 bits, 48 bits of
/// the directory's hash below. A manager inside a worker must take a lower hard limit than the one it inherited (an ordinary
/// user can only lower it), which the depth gives it.
/// </summary>
public static class InstanceTag
{
    private const ulong Top = 0x574D;
    private const int MaximumDepth = 64;
    private const ulong HashMask = (1UL << 48) - 1;

    /// <summary>48 bits of FNV-1a over the absolute path: spread, not secrecy, is wanted.</summary>
    public static ulong HashOf(string stateDirectory)
    {
        var hash = 14695981039346656037UL;
        foreach (var octet in Encoding.UTF8.GetBytes(stateDirectory))
        {
            hash = (hash ^ octet) * 1099511628211UL;
        }

        return (hash ^ hash >> 48) & HashMask;
    }

    /// <summary>The tag to use under an inherited hard limit; null when that leaves no room for one.</summary>
    public static ulong? Choose(ulong hash, ulong inheritedHardLimit)
    {
        var top = IsTag(inheritedHardLimit) ? (inheritedHardLimit >> 48) - 1 : Top;
        var tag = top << 48 | hash;
        return IsTag(tag) && tag < inheritedHardLimit ? tag : null;
    }

    /// <summary>Whether a hard limit is some manager's tag.</summary>
    public static bool IsTag(ulong hardLimit) => hardLimit >> 48 is <= Top and > Top - MaximumDepth;

    /// <summary>Whether a hard limit is the tag of this state directory, at any depth.</summary>
    public static bool Matches(ulong hardLimit, ulong hash) => IsTag(hardLimit) && (hardLimit & HashMask) == hash;
}
