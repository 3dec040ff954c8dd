namespace CodeAnalysisServer.Bench;

/// <summary>One thing that is measured, against a limit in the same run, both taking turns.</summary>
internal interface IScenario
{
    /// <summary>Runs it and prints its figures, ratios first.</summary>
    Task RunAsync(TextWriter output);
}
