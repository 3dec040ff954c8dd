namespace WorkerManagement.Cli.Drilling;

/// <summary>One promise that was put to the test.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Kept">Whether the promise was kept.</param>
/// <param name="Found">What the witnesses saw.</param>
/// <param name="Took">From the blow until it was seen.</param>
internal sealed record Promise(string Name, bool Kept, string Found, TimeSpan Took);
