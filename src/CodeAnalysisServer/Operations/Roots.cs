using System.Data.Common;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Operations;

/// <summary>The roots that are served; nothing outside of them is.</summary>
internal static class Roots
{
    /// <summary>All of them.</summary>
    public static List<string> Of(DbConnection connection) => connection.Rows("SELECT root FROM projects ORDER BY root", row => row.GetString(0));

    /// <summary>Refuses what is no root.</summary>
    /// <exception cref="RefusedException">It is none.</exception>
    public static void Check(DbConnection connection, string root)
    {
        var roots = Of(connection);
        if (!roots.Contains(root))
        {
            throw new RefusedException(Refusal.Forbidden, $"'{root}' is not one of the roots ({string.Join(", ", roots)}); name one of them, or add it with add_project");
        }
    }

    /// <summary>The indexed file that a path means: relative to a root, or absolute and within one.</summary>
    /// <param name="root">Which root; null for the one that has the file.</param>
    /// <exception cref="RefusedException">It lies outside of all roots, or no such file is indexed, or several are.</exception>
    public static (string Root, string Path) Find(DbConnection connection, string? root, string path)
    {
        if (root is not null)
        {
            Check(connection, root);
        }

        var candidates = Of(connection).Where(known => root is null || known == root)
            .Select(known => (Root: known, Full: Path.GetFullPath(path, known)))
            .Where(file => file.Full.StartsWith(file.Root == "/" ? "/" : file.Root + "/", StringComparison.Ordinal))
            .Select(file => (file.Root, Path: Path.GetRelativePath(file.Root, file.Full)))
            .ToArray();
        if (candidates.Length == 0)
        {
            throw new RefusedException(Refusal.Forbidden, $"'{path}' lies outside of the roots ({string.Join(", ", Of(connection))}); only files within them are answered about");
        }

        var found = candidates.Where(file => connection.Scalar("SELECT 1 FROM files WHERE root = $1 AND path = $2", file.Root, file.Path) is not null).ToArray();
        return found.Length switch
        {
            1 => found[0],
            0 => throw new RefusedException(Refusal.NotFound, $"'{path}' is not indexed: it is not there, ignored by a .gitignore, binary, or larger than 1 MB; list_indexing_errors and list_projects (left_out) say more"),
            _ => throw new RefusedException(Refusal.Invalid, $"several roots have a file '{path}'; name one with root: {string.Join(", ", found.Select(file => file.Root))}"),
        };
    }
}
