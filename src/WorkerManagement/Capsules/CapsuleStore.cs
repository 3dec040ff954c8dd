using System.Globalization;
using System.Text.Json;

namespace WorkerManagement.Capsules;

/// <summary>The capsules of a state directory: <c>capsules/ID.json</c> and <c>capsules/ID.txt</c>. Thread-safe; reading needs no manager.</summary>
internal sealed class CapsuleStore(string stateDirectory)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Directory { get; } = Path.Combine(Path.GetFullPath(stateDirectory), "capsules");

    /// <summary>The newest first. One that cannot be read is left out.</summary>
    public IReadOnlyList<CapsuleEntry> List(string? worker = null) =>
        [.. Ids().Where(id => worker is null || WorkerOf(id) == worker).Select(Find).OfType<CrashCapsule>().Select(capsule => new CapsuleEntry(capsule.Id, capsule.Worker, capsule.Incarnation, capsule.Exit.At, capsule.How, capsule.Why, capsule.Then.State))];

    /// <summary>One by its id; null when there is none, or it is damaged.</summary>
    public CrashCapsule? Find(string id)
    {
        // Only what the directory lists becomes part of a path.
        if (!Ids().Contains(id))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(id, "json")), CapsuleJson.Default.CrashCapsule);
        }
        catch (Exception exception) when (exception is JsonException or FileNotFoundException)
        {
            // Torn by a power cut, or just now removed as the oldest.
            return null;
        }
    }

    /// <summary>The newest of a worker; null when there is none.</summary>
    public string? Newest(string worker) => Ids().FirstOrDefault(id => WorkerOf(id) == worker);

    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be written.</exception>
    public void Write(CrashCapsule capsule, int keep)
    {
        if (System.IO.Directory.Exists(Path.GetDirectoryName(Directory)))
        {
            System.IO.Directory.CreateDirectory(Directory, Private | UnixFileMode.UserExecute);
        }

        foreach (var old in Ids().Skip(Math.Max(0, keep - 1)))
        {
            File.Delete(PathOf(old, "txt"));
            File.Delete(PathOf(old, "json"));
        }

        Put(PathOf(capsule.Id, "txt"), System.Text.Encoding.UTF8.GetBytes(CapsuleText.Of(capsule)));
        Put(PathOf(capsule.Id, "json"), JsonSerializer.SerializeToUtf8Bytes(capsule, CapsuleJson.Default.CrashCapsule));
    }

    public static string IdOf(string worker, long incarnation) => string.Create(CultureInfo.InvariantCulture, $"{worker}.{incarnation}");

    private static string WorkerOf(string id) => id[..id.LastIndexOf('.')];

    private static long IncarnationOf(string id) => long.TryParse(id.AsSpan(id.LastIndexOf('.') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private string PathOf(string id, string kind) => Path.Combine(Directory, $"{id}.{kind}");

    // Numbers of runs only grow, so they are the order of time.
    private string[] Ids()
    {
        try
        {
            return [.. System.IO.Directory.GetFiles(Directory, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Where(id => IncarnationOf(id) >= 0).OrderByDescending(IncarnationOf)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    // Whole or not at all.
    private static void Put(string path, byte[] bytes)
    {
        using (var file = new FileStream(path + ".new", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = Private }))
        {
            file.Write(bytes);
        }

        File.Move(path + ".new", path, overwrite: true);
    }
}
