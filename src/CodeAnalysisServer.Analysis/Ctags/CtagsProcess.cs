using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace CodeAnalysisServer.Analysis.Ctags;

/// <summary>
/// One ctags that answers for file after file. Sources are strangers' and ctags is C: it runs in its own sandbox (seccomp), gets the
/// text through a pipe and opens no file. When it dies or takes too long over a file, it is ended, and the next file has a new one.
/// It ends at the end of its input, and so with this process, however that ends. Thread-safe: callers take turns.
/// </summary>
internal sealed class CtagsProcess(string program, TimeSpan deadline) : IAsyncDisposable
{
    // References (with a role other than def) are the imports. No pattern: cut in the middle of a letter it would be no JSON.
    // The language of a script without an ending is in its first line, which ctags looks at only when told so: it cannot see here that a file is executable.
    private static readonly string[] Arguments = ["--options=NONE", "-G", "--_interactive=sandbox", "--fields=+neKSlitr-P", "--extras=+r", "--sort=no"];

    private readonly SemaphoreSlim _turn = new(1);
    private Process? _process;

    /// <summary>The process that serves now; null before the first file and after a failure.</summary>
    internal int? ProcessId => _process?.Id;

    /// <summary>All tags of a text, definitions and references.</summary>
    /// <exception cref="CtagsException">It died, or did not answer in time.</exception>
    public async Task<List<CtagsTag?>> TagsAsync(string name, string text, CancellationToken cancellationToken)
    {
        var content = Encoding.UTF8.GetBytes(text);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Of a process that died between two files: nobody's fault, one more try.
            return await TryAsync(name, content, cancellationToken).ConfigureAwait(false) ?? await TryAsync(name, content, cancellationToken).ConfigureAwait(false)
                ?? throw new CtagsException("ctags ends as soon as it starts");
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        _turn.Dispose();
    }

    // Null: it had gone before it could be asked.
    private async Task<List<CtagsTag?>?> TryAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        var fresh = _process is null;
        var process = _process ??= Start();
        var asking = AskAsync(process, name, content, cancellationToken);
        try
        {
            var tags = await asking.WaitAsync(deadline, cancellationToken).ConfigureAwait(false);
            if (tags is not null)
            {
                return tags;
            }

            var ended = await EndAsync().ConfigureAwait(false);
            return fresh ? throw new CtagsException($"ctags ended with {ended} over this file; it is searched as text only") : null;
        }
        catch (TimeoutException)
        {
            await EndAsync().ConfigureAwait(false);
            await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new CtagsException($"ctags took more than {deadline.TotalSeconds:0.#} s over this file and was ended; it is searched as text only");
        }
        catch (OperationCanceledException)
        {
            // In the middle of an answer: the next one must not read its rest.
            await EndAsync().ConfigureAwait(false);
            await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    // Null when it ended meanwhile.
    private static async Task<List<CtagsTag?>?> AskAsync(Process process, string name, byte[] content, CancellationToken cancellationToken)
    {
        try
        {
            var input = process.StandardInput.BaseStream;
            await input.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(new("generate-tags", name, content.Length), CtagsJson.Default.CtagsRequest), cancellationToken).ConfigureAwait(false);
            await input.WriteAsync("\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
            await input.WriteAsync(content, cancellationToken).ConfigureAwait(false);
            await input.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return null;
        }

        var tags = new List<CtagsTag?>();
        while (await process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            var tag = CtagsTag.TryParse(line);
            if (tag is { Type: "completed" })
            {
                return tags;
            }

            if (tag is null or { Type: "tag" or "error" })
            {
                tags.Add(tag);
            }
        }

        return null;
    }

    private Process Start()
    {
        try
        {
            var process = Process.Start(new ProcessStartInfo(program, Arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 })!;
            // Warnings about sources: read, so that it never waits for us, and dropped.
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            return process;
        }
        catch (Win32Exception exception)
        {
            throw new CtagsException($"'{program}' cannot be started: {exception.Message}");
        }
    }

    // The exit code.
    private async Task<int?> EndAsync()
    {
        if (_process is not { } process)
        {
            return null;
        }

        _process = null;
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        var code = process.ExitCode;
        process.Dispose();
        return code;
    }
}

/// <summary>Ctags failed over a file.</summary>
internal sealed class CtagsException(string message) : Exception(message);
