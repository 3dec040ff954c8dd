using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Cli.Importing;

/// <summary><c>workers import</c>: the configuration on standard output, what could not be carried over on standard error.</summary>
internal static class ImportVerb
{
    public static async Task<int> RunAsync(Invocation call, string file, string? format, CancellationToken cancellationToken)
    {
        string text;
        try
        {
            text = await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return call.Wrong($"cannot read '{file}': {exception.Message}");
        }

        Imported imported;
        try
        {
            imported = Import(text, file, format ?? Guess(file, text));
        }
        catch (WorkerManagementException exception)
        {
            return call.Wrong(exception.Message);
        }

        if (imported.Count == 0)
        {
            return call.Wrong($"'{file}' names nothing to run; is it a {format ?? Guess(file, text)} file? --format says otherwise");
        }

        foreach (var lost in call.Quiet ? [] : imported.Lost)
        {
            await call.Error.WriteLineAsync($"workers: not carried over: {lost}").ConfigureAwait(false);
        }

        return call.Json
            ? call.PrintValue(writer =>
            {
                writer.WriteString("configuration", imported.Write(Path.GetFileName(file)));
                writer.WriteStartArray("lost");
                foreach (var lost in imported.Lost)
                {
                    writer.WriteStringValue(lost);
                }

                writer.WriteEndArray();
            })
            : call.Say(imported.Write(Path.GetFileName(file)));
    }

    /// <summary>Reads one of the formats.</summary>
    /// <exception cref="WorkerManagementException">It is not of that format.</exception>
    internal static Imported Import(string text, string file, string format) => format switch
    {
        "procfile" => Procfile.Read(text),
        "supervisord" => Supervisord.Read(text),
        "process-compose" => ProcessCompose.Read(YamlReader.Read(text, file)),
        _ => Pm2.Read(YamlReader.Read(text, file)),
    };

    /// <summary>Which format a file seems to have.</summary>
    internal static string Guess(string file, string text)
    {
        var name = Path.GetFileName(file);
        return name.EndsWith(".js", StringComparison.Ordinal) || name.EndsWith(".cjs", StringComparison.Ordinal)
            ? throw new WorkerManagementException($"'{file}' is a program: node -p 'JSON.stringify(require(\"./{name}\"))' > ecosystem.json, then import that")
            : name.StartsWith("Procfile", StringComparison.OrdinalIgnoreCase) ? "procfile"
            : text.Contains("[program:", StringComparison.Ordinal) || text.Contains("[supervisord]", StringComparison.Ordinal) ? "supervisord"
            : text.Contains("processes:", StringComparison.Ordinal) || text.Contains("\"processes\"", StringComparison.Ordinal) ? "process-compose"
            : text.Contains("apps", StringComparison.Ordinal) || text.TrimStart().StartsWith('[') || text.TrimStart().StartsWith('{') ? "pm2"
            : "procfile";
    }
}
