using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Command;

/// <summary>Which database the index is kept in.</summary>
internal static class ChosenDatabase
{
    /// <summary>That of a data directory.</summary>
    public static IndexDatabase In(string dataDirectory) => IndexDatabase.Embedded(dataDirectory);
}
