using System.Globalization;
using System.Text;
using WorkerManagement.Bench;
using static CodeAnalysisServer.Bench.Figure;

namespace CodeAnalysisServer.Bench.Scenarios;

/// <summary>A full index and what stays in memory, from 1000 to 10,000 files of the same kind; as a plot too. Processor time counts: the clock's depends on who else is there.</summary>
internal static class Growth
{
    // The work for a file may not grow with their number.
    private const double Target = 1.3;

    private static readonly int[] Sizes = [1000, 2000, 5000, 10_000];
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);

    private sealed record Point(int Files, double Texts, double Vectors, double Processor, double Memory);

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not ["--svg", var image, .. var directories])
        {
            (image, directories) = (null, arguments);
        }

        Print($"{Machine.Describe()}");
        using var trees = new Trees();
        var points = new Point[Sizes.Length];
        for (var i = 0; i < Sizes.Length; i++)
        {
            points[i] = await MeasureAsync(Sizes[i], trees.OfSources(directories, Sizes[i]));
        }

        foreach (var point in points)
        {
            Print($"  {point.Files} files: text and entities {point.Texts:0.0} s, with vectors {point.Vectors:0.0} s, processor {point.Processor:0.0} s ({point.Processor / point.Files * 1000:0.00} ms a file), resident after it {point.Memory:0} MB");
        }

        if (image is not null)
        {
            await File.WriteAllTextAsync(image, Plot(points));
        }

        // What is there before any file is left out.
        double Slope(Func<Point, double> of, int from, int to) => (of(points[to]) - of(points[from])) / (points[to].Files - points[from].Files);
        var ratio = Slope(point => point.Processor, 2, 3) / Slope(point => point.Processor, 0, 2);
        return Verdict(ratio <= Target, FormattableString.Invariant($"processor time of a further file beyond {Sizes[2]} is {ratio:0.00}x that below, target {Target}x; resident memory at {Sizes[3]} files is {points[3].Memory / points[0].Memory:0.00}x that at {Sizes[0]}"));
    }

    private static async Task<Point> MeasureAsync(int files, string root)
    {
        await using var server = ServerProcess.Start(root);
        var texts = await server.ScannedAsync();
        var vectors = await server.EmbeddedAsync();
        var processor = server.Processor().Values.Sum(time => time.TotalSeconds);
        await Task.Delay(Settle);
        return new(files, texts.TotalSeconds, vectors.TotalSeconds, processor, server.Members().Values.Sum(pid => ProcReadings.ResidentBytes(pid) / 1e6));
    }

    private static string Plot(Point[] points)
    {
        var svg = new StringBuilder().AppendLine("""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 330" width="860" height="330" role="img" aria-label="Time and memory over the number of files: both grow in straight lines" font-family="system-ui, sans-serif" font-size="12">""")
            .AppendLine("""<rect width="860" height="330" fill="#ffffff"/>""");
        Panel(svg, 60, "processor time of a full index, seconds", points, [("all processes", "#1f6feb", point => point.Processor)]);
        Panel(svg, 490, "resident memory after it, megabytes", points, [("all processes", "#bf3989", point => point.Memory)]);
        return svg.AppendLine("</svg>").ToString();
    }

    private static void Panel(StringBuilder svg, double left, string title, Point[] points, (string Name, string Colour, Func<Point, double> Of)[] lines)
    {
        const double top = 50, width = 330, height = 220;
        var most = Nice(lines.Max(line => points.Max(line.Of)));
        double X(double files) => left + (files / points[^1].Files * width);
        double Y(double value) => top + height - (value / most * height);
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{left:0}" y="28" font-size="14" font-weight="600" fill="#1f2328">{title}</text>""");
        for (var i = 0; i <= 5; i++)
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<line x1="{left:0}" x2="{left + width:0}" y1="{Y(most * i / 5):0.0}" y2="{Y(most * i / 5):0.0}" stroke="#d0d7de"/><text x="{left - 8:0}" y="{Y(most * i / 5) + 4:0.0}" text-anchor="end" fill="#59636e">{most * i / 5:0.#}</text>""");
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{X(points[^1].Files * i / 5.0):0.0}" y="{top + height + 20:0}" text-anchor="middle" fill="#59636e">{points[^1].Files * i / 5}</text>""");
        }

        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{left + width / 2:0}" y="{top + height + 42:0}" text-anchor="middle" fill="#59636e">C# files</text>""");
        foreach (var (_, colour, of) in lines)
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<polyline fill="none" stroke="{colour}" stroke-width="2" points="{string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.Files):0.0},{Y(of(point)):0.0}")))}"/>""");
            foreach (var point in points)
            {
                svg.AppendLine(CultureInfo.InvariantCulture, $"""<circle cx="{X(point.Files):0.0}" cy="{Y(of(point)):0.0}" r="3.5" fill="{colour}"/>""");
            }
        }
    }

    // The next number that five lines part well.
    private static double Nice(double value)
    {
        var unit = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return ((double[])[1, 2, 2.5, 5, 10]).First(step => step * unit >= value) * unit;
    }
}
