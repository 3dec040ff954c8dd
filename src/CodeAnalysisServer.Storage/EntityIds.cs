namespace CodeAnalysisServer.Storage;

/// <summary>An entity's id: its file's id and its place in the file. A file of at most 1 MiB has no more entities than bytes.</summary>
public static class EntityIds
{
    /// <summary>Bits of the place.</summary>
    public const int Shift = 20;

    /// <summary>The most entities that are taken of one file.</summary>
    public const int MostInFile = 1 << Shift;
}
