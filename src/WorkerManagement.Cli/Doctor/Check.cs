namespace WorkerManagement.Cli.Doctor;

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What.</param>
/// <param name="State"><c>ok</c>, <c>warn</c> or <c>fail</c>.</param>
/// <param name="Found">What was found, and what follows from it.</param>
/// <param name="Remedy">The line that mends it; null where nothing is to be mended.</param>
internal sealed record Check(string Name, string State, string Found, string? Remedy = null)
{
    public static Check Ok(string name, string found) => new(name, "ok", found);

    public static Check Warn(string name, string found, string remedy) => new(name, "warn", found, remedy);

    public static Check Fail(string name, string found, string remedy) => new(name, "fail", found, remedy);
}
