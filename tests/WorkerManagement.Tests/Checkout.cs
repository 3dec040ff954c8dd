namespace WorkerManagement.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Checkout
{
    /// <summary>Its directory.</summary>
    public static string Root { get; } = Above(AppContext.BaseDirectory);

    private static string Above(string directory) => File.Exists(Path.Combine(directory, "WorkerManagement.slnx")) ? directory
        : Above(Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException($"'{AppContext.BaseDirectory}' is in no checkout"));
}
