using CodeAnalysisServer.Serving;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Operations;

/// <summary>The roots: which they are, more of them, and a fresh look at them.</summary>
internal static class ProjectOperations
{
    // What tells that a directory is a project, by name or by the end of one.
    private static readonly string[] Markers = [".git", "*.sln", "*.slnx", "*.csproj", "pyproject.toml", "package.json"];

    private static readonly Parameter.Text Root = new("root", "The directory, as an absolute path.", Required: true) { Longest = 4096 };

    public static IReadOnlyList<Operation> All { get; } =
    [
        new(
            "list_projects", "List the indexed projects", Effect.Reads,
            "Lists the source trees (roots) that are indexed and followed, with their state (scanning, watching, or unreadable), the project markers at their top (.git, *.sln, *.csproj, pyproject.toml, package.json), how many files, chunks and entities are indexed, how many files failed, and what was left out of the last scan and why. Use it first to learn what can be searched.",
            [],
            OperationJson.Plain.ProjectList,
            (context, _, _) => Task.FromResult<object>(List(context)))
        {
            Http = new("GET", "/projects"),
        },
        new(
            "add_project", "Add a project", Effect.Changes,
            "Adds a directory to what is indexed and followed, without a restart and for good: it is remembered. Returns at once; list_projects tells when its first scan is done (state watching). Files that .gitignore names, binary files, and files above 1 MB are left out.",
            [Root],
            OperationJson.Plain.ProjectChange,
            async (context, arguments, cancel) => await AddAsync(context, arguments.Text("root"), cancel).ConfigureAwait(false))
        {
            Http = new("POST", "/projects"),
        },
        new(
            "remove_project", "Remove a project", Effect.Destroys,
            "Takes a directory that add_project added out of the index. The directory itself is not touched.",
            [Root],
            OperationJson.Plain.ProjectChange,
            async (context, arguments, cancel) => await RemoveAsync(context, arguments.Text("root"), cancel).ConfigureAwait(false))
        {
            Http = new("DELETE", "/projects"),
            IsTool = false,
        },
        new(
            "update_indexes", "Scan the projects now", Effect.Changes,
            "Scans one root, or all, and brings the index into agreement with the files, each compared by its content. The index follows changes by itself within a fraction of a second; use this only when something seems stale. Waits until the scan is done or wait_seconds are over.",
            [
                new Parameter.Text("root", "Only this root, as list_projects names it; all unless given.") { Longest = 4096 },
                new Parameter.Whole("wait_seconds", "How long to wait for the end of the scan, 0 to 600 seconds; default 30.", 30, 0, 600),
            ],
            OperationJson.Plain.ScanAnswer,
            async (context, arguments, cancel) => await ScanAsync(context, arguments.TextOrNull("root"), TimeSpan.FromSeconds(arguments.Whole("wait_seconds")), cancel).ConfigureAwait(false))
        {
            Http = new("POST", "/projects/scan"),
        },
    ];

    private static ProjectList List(ServerContext context)
    {
        using var connection = context.Read();
        return new(connection.Rows(
            """
            SELECT p.root, p.added, p.state, p.scanned_at, p.left_out, (SELECT count(*) FROM files f WHERE f.root = p.root),
                (SELECT count(*) FROM chunks c JOIN files f ON f.id = c.file_id WHERE f.root = p.root), (SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM files f WHERE f.root = p.root),
                (SELECT count(*) FROM to_embed e JOIN chunks c ON c.hash = e.hash JOIN files f ON f.id = c.file_id WHERE f.root = p.root),
                (SELECT count(*) FROM entities e JOIN files f ON f.id = e.file_id WHERE f.root = p.root), (SELECT count(*) FROM indexing_errors i WHERE i.root = p.root)
            FROM projects p ORDER BY p.root
            """,
            row => new Project(row.GetString(0), row.GetInt64(1) != 0, row.GetString(2), MarkersOf(row.GetString(0)), row.GetInt64(5), row.GetInt64(6), row.GetInt64(9), row.GetInt64(10), row.GetInt64(7), row.GetInt64(8), row.IsDBNull(3) ? null : row.GetInt64(3), row.GetString(4))));
    }

    private static string[] MarkersOf(string root)
    {
        try
        {
            return [.. Markers.SelectMany(marker => Directory.EnumerateFileSystemEntries(root, marker)).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Its state says that it cannot be read.
            return [];
        }
    }

    private static async Task<ProjectChange> AddAsync(ServerContext context, string path, CancellationToken cancellationToken)
    {
        if (!Path.IsPathFullyQualified(path))
        {
            throw new RefusedException(Refusal.Invalid, $"'{path}' is not an absolute path; give one: this server's working directory is another than yours");
        }

        var root = Real(path);
        if (!Directory.Exists(root))
        {
            throw new RefusedException(Refusal.NotFound, $"'{root}' is not a directory that this server can see; create it, or mend its mode, before it is added");
        }

        if (root == context.DataDirectory || root.StartsWith(context.DataDirectory + "/", StringComparison.Ordinal))
        {
            throw new RefusedException(Refusal.Conflict, $"'{root}' lies in the data directory '{context.DataDirectory}', whose own files would be indexed; add another directory");
        }

        var done = await context.WriteAsync([new(AddedRoots.Add, [root])], cancellationToken).ConfigureAwait(false);
        Remember(context);
        return done.Changed[0] > 0 ? new(root, true, $"'{root}' is followed from now on; list_projects tells when its scan is done") : new(root, false, $"'{root}' was added before");
    }

    // Before it is acknowledged: what was added outlives the database.
    private static void Remember(ServerContext context)
    {
        try
        {
            using var connection = context.Read();
            AddedRoots.Keep(connection, context.DataDirectory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(Refusal.Unavailable, $"it is done, but would be forgotten if the index had to be built again: '{AddedRoots.PathIn(context.DataDirectory)}' cannot be written ({exception.Message}); make room for it, then try again");
        }
    }

    private static async Task<ProjectChange> RemoveAsync(ServerContext context, string path, CancellationToken cancellationToken)
    {
        using (var connection = context.Read())
        {
            // As it was added: the directory may be gone by now.
            Roots.Check(connection, path);
            if (connection.Scalar("SELECT added FROM projects WHERE root = $1", path) is 0L)
            {
                throw new RefusedException(Refusal.Conflict, $"'{path}' is a --root of the server's command line; start the server without it");
            }
        }

        await context.WriteAsync([new("DELETE FROM projects WHERE root = $1", [path])], cancellationToken).ConfigureAwait(false);
        Remember(context);
        return new(path, true, $"'{path}' is not followed any more; what was indexed of it is removed");
    }

    private static async Task<ScanAnswer> ScanAsync(ServerContext context, string? root, TimeSpan wait, CancellationToken cancellationToken)
    {
        List<string> roots;
        using (var connection = context.Read())
        {
            if (root is not null)
            {
                Roots.Check(connection, root);
            }

            roots = root is null ? Roots.Of(connection) : [root];
        }

        await context.WriteAsync([new("UPDATE projects SET scans_wanted = scans_wanted + 1, state = CASE state WHEN 'watching' THEN 'scanning' ELSE state END WHERE CAST($1 AS TEXT) IS NULL OR root = $1", [root])], cancellationToken).ConfigureAwait(false);
        var done = wait > TimeSpan.Zero && await context.WaitAsync(
            // Of a server that has just begun no root is listed yet, and what is listed then is scanned for the first time.
            connection => connection.Scalar("SELECT CAST(CASE WHEN count(*) > 0 AND sum(CASE WHEN scans_wanted > scans_done OR state = 'scanning' THEN 1 ELSE 0 END) = 0 THEN 1 ELSE 0 END AS BIGINT) FROM projects WHERE $1 IS NULL OR root = $1", root) is 1L,
            wait,
            cancellationToken).ConfigureAwait(false);
        return new(roots, done, done ? "scanned; the index agrees with the files" : $"the scan goes on; {(Waiting.Of(context) is [var first, ..] ? first : "list_projects tells when it is done (state watching)")}");
    }

    private static string Real(string path)
    {
        try
        {
            return RealPath.Of(path);
        }
        catch (IOException exception)
        {
            throw new RefusedException(Refusal.Invalid, $"'{path}' cannot be followed: {exception.Message}");
        }
    }
}
