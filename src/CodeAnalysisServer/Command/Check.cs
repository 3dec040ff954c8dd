namespace CodeAnalysisServer.Command;

/// <summary>One thing that the doctor looked at: <c>ok</c>, <c>warn</c> or <c>fail</c>, and the line that mends it.</summary>
internal sealed record Check(string Name, string State, string Found, string? Remedy = null)
{
    public static Check Ok(string name, string found) => new(name, "ok", found);

    public static Check Warn(string name, string found, string remedy) => new(name, "warn", found, remedy);

    public static Check Fail(string name, string found, string remedy) => new(name, "fail", found, remedy);
}
