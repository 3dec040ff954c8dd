namespace WorkerManagement.Tests.Programs;

/// <summary>
/// The test executable is also the programs that its tests start: <c>WorkerManagement.Tests program NAME …</c>. Anything else runs the tests.
/// </summary>
internal static class Program
{
    public static Task<int> Main(string[] args)
    {
        if (args is ["program", var name, ..])
        {
            return name switch
            {
                "serve" => Servers.RunAsync(args[2], args[3..]),
                "sleep" => Sleeper.RunAsync(),
                "wander" => Wanderer.RunAsync(),
                "stop" => Stoppers.RunAsync(args[2], args[3..]),
                _ => throw new ArgumentException($"there is no program '{name}'"),
            };
        }

        return args.Any(argument => argument is "--server" or "--internal-msbuild-node")
            ? Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
    }

    /// <summary>The command line of one of these programs.</summary>
    public static string[] Command(params string[] arguments) => [Path.Combine(AppContext.BaseDirectory, "WorkerManagement.Tests"), "program", .. arguments];
}
