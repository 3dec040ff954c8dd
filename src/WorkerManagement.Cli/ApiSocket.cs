using System.Text;
using WorkerManagement.Posix;

namespace WorkerManagement.Cli;

/// <summary>Where the API listens: in the state directory, or, when that path is too long for a socket, where a note there says.</summary>
internal static class ApiSocket
{
    /// <summary>Where the manager listens that owns this state directory, as far as this user may see.</summary>
    public static string Find(string stateDirectory)
    {
        var note = Note(stateDirectory);
        try
        {
            return File.Exists(note) ? File.ReadAllText(note).Trim() : Usual(stateDirectory);
        }
        catch (UnauthorizedAccessException)
        {
            // Connecting says the same, in a sentence for the operator.
            return Usual(stateDirectory);
        }
    }

    /// <summary>Where to listen.</summary>
    /// <param name="stateDirectory">The directory, owned by now.</param>
    /// <param name="socketDirectory">The manager's own directory for sockets, whose path is short enough.</param>
    public static string Choose(string stateDirectory, string socketDirectory)
    {
        File.Delete(Note(stateDirectory));
        var usual = Usual(stateDirectory);
        if (Encoding.UTF8.GetByteCount(usual) <= UnixSockets.MaximumPathBytes)
        {
            File.Delete(usual);
            return usual;
        }

        var socket = Path.Combine(socketDirectory, "api.sock");
        File.Delete(socket);
        File.WriteAllText(Note(stateDirectory), socket);
        return socket;
    }

    /// <summary>Takes both away, where that can be done: everything is stopped by then, and the next manager makes them anew.</summary>
    public static void Remove(string stateDirectory)
    {
        _ = Descriptors.TryUnlink(Usual(stateDirectory));
        _ = Descriptors.TryUnlink(Note(stateDirectory));
    }

    private static string Usual(string stateDirectory) => Path.Combine(stateDirectory, "api.sock");

    private static string Note(string stateDirectory) => Path.Combine(stateDirectory, "api.path");
}
