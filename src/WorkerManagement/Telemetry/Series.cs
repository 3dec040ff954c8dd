namespace WorkerManagement.Telemetry;

/// <summary>One value with its labels.</summary>
internal readonly record struct Sample(double Value, KeyValuePair<string, object?>[] Labels);

/// <summary>One thing that is measured: the same for OpenTelemetry's meter and for Prometheus' text.</summary>
/// <param name="Name">OpenTelemetry's name, with dots.</param>
/// <param name="Unit">UCUM: <c>s</c>, <c>By</c>, or what is counted in braces.</param>
/// <param name="Help">In a sentence.</param>
/// <param name="Grows">Whether it only grows (a counter) or is a state (a gauge).</param>
/// <param name="Read">The values now. From any thread.</param>
internal sealed record Series(string Name, string Unit, string Help, bool Grows, Func<IReadOnlyList<Sample>> Read)
{
    /// <summary>Prometheus' name: underscores, the unit written out, <c>_total</c> for a counter.</summary>
    public string PrometheusName => Prometheus(Name, Unit) + (Grows ? "_total" : "");

    public static string Prometheus(string name, string unit) => name.Replace('.', '_') + unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
}

/// <summary>A duration that is measured.</summary>
internal sealed record DurationSeries(string Name, string Help, DurationBuckets Buckets)
{
    public string PrometheusName => Series.Prometheus(Name, "s");
}
