namespace WorkerManagement.Cli.Importing;

/// <summary>A Procfile (Heroku, foreman, honcho, overmind): a line <c>name: command</c> each.</summary>
internal static class Procfile
{
    public static Imported Read(string text)
    {
        var imported = new Imported();
        foreach (var line in text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line[..colon].Any(char.IsWhiteSpace))
            {
                throw new WorkerManagementException($"'{line}' is no line of a Procfile, which is name: command");
            }

            var (name, command) = (line[..colon], line[(colon + 1)..].Trim());
            if (name == "release")
            {
                imported.Lose($"{name}: it runs once before a deployment and is no worker: {command}");
                continue;
            }

            imported.Begin(name);
            imported.Texts("command", ShellWords.Command(command, out var shell));
            if (shell && command.Contains("$PORT", StringComparison.Ordinal))
            {
                imported.Lose($"{name}: nobody sets PORT here; give it in environment: {{ PORT: \"5000\" }}");
            }
        }

        return imported;
    }
}
