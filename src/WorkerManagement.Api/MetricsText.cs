using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using WorkerManagement.Telemetry;

namespace WorkerManagement.Api;

// Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). Of our own: it is these lines, while OpenTelemetry's
// exporter comes with its SDK, is a beta, and begins to count only when it is configured.

/// <summary><c>/metrics</c>: what the manager counted since it began, made when asked for.</summary>
internal static class MetricsText
{
    public static Task WriteAsync(WorkerManager manager, HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return context.Response.WriteAsync(Make(manager.Metrics), context.RequestAborted);
    }

    public static string Make(ManagerMetrics metrics)
    {
        var text = new StringBuilder();
        foreach (var series in metrics.Series)
        {
            Head(text, series.PrometheusName, series.Help, series.Grows ? "counter" : "gauge");
            foreach (var sample in series.Read())
            {
                text.Append(series.PrometheusName);
                Labels(text, sample.Labels);
                Value(text, sample.Value);
            }
        }

        foreach (var series in metrics.Durations)
        {
            Head(text, series.PrometheusName, series.Help, "histogram");
            var (counts, sum) = series.Buckets.Read();
            var upTo = 0L;
            for (var i = 0; i < counts.Length; i++)
            {
                upTo += counts[i];
                var bound = i < series.Buckets.Bounds.Count ? series.Buckets.Bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
                Value(text.Append(series.PrometheusName).Append("_bucket{le=\"").Append(bound).Append("\"}"), upTo);
            }

            Value(text.Append(series.PrometheusName).Append("_sum"), sum);
            Value(text.Append(series.PrometheusName).Append("_count"), upTo);
        }

        return text.ToString();
    }

    private static void Head(StringBuilder text, string name, string help, string type) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Labels(StringBuilder text, KeyValuePair<string, object?>[] labels)
    {
        for (var i = 0; i < labels.Length; i++)
        {
            var value = labels[i].Value!.ToString()!.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append(i == 0 ? '{' : ',').Append(labels[i].Key).Append("=\"").Append(value).Append('"');
        }

        text.Append(labels.Length > 0 ? "}" : "");
    }

    private static void Value(StringBuilder text, double value) => text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
}
