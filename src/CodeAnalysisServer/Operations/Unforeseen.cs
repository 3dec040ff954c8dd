namespace CodeAnalysisServer.Operations;

/// <summary>A failure that no operation foresaw: all of it for who runs the server, and for who asked no more than where it stands.</summary>
internal static class Unforeseen
{
    /// <summary>Writes it to standard error; gives what to answer.</summary>
    public static string Tell(Operation operation, Exception exception)
    {
        Console.Error.WriteLine($"{operation.Name} failed: {exception}");
        return $"'{operation.Name}' failed; the server's standard error says why. Try again, and tell its makers if it stays";
    }
}
