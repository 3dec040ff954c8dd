using Microsoft.Win32.SafeHandles;

namespace WorkerManagement.Cli.Output;

/// <summary>What standard output is: a terminal of some width, with colours or without, or a pipe, which gets plain text in full.</summary>
/// <param name="Width">Columns; null where there is no terminal.</param>
/// <param name="Colour">Whether colours may be used: a terminal, and no <c>NO_COLOR</c> (no-color.org).</param>
internal sealed record Screen(int? Width, bool Colour)
{
    private const int Usual = 80, Narrowest = 20;

    public static Screen Plain { get; } = new(null, false);

    /// <summary>Standard output. The console's own stream tells a terminal to send other keys before it writes: nothing here asks for keys.</summary>
    public static Stream Open() => Console.IsOutputRedirected ? Console.OpenStandardOutput() : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    /// <summary>What this process has.</summary>
    public static Screen Find() => Console.IsOutputRedirected
        ? Plain
        : new(WidthNow(), Environment.GetEnvironmentVariable("NO_COLOR") is not { Length: > 0 } && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or null));

    /// <summary>The terminal's width at this moment; <c>COLUMNS</c> decides where it is set.</summary>
    public static int WidthNow() => Math.Max(Narrowest, int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), out var columns) && columns > 0 ? columns : Console.WindowWidth is > 0 and var width ? width : Usual);
}

/// <summary>How a cell is meant, for those who see colours.</summary>
internal enum Tone
{
    Plain,
    Good,
    Warn,
    Bad,
    Dim,
}
