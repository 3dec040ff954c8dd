using System.Globalization;

namespace WorkerManagement;

/// <summary>How a process ended, as <c>waitid(2)</c> told it. Immutable.</summary>
public abstract record ExitStatus
{
    private ExitStatus()
    {
    }

    /// <summary>True only for exit code 0.</summary>
    public bool IsSuccess => this is Exited { Code: 0 };

    /// <summary>The process called <c>exit</c> with <paramref name="Code"/> (0 to 255).</summary>
    public sealed record Exited(int Code) : ExitStatus
    {
        /// <inheritdoc/>
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"exit code {Code}");
    }

    /// <summary>A signal ended the process; <paramref name="CoreDumped"/> tells whether the kernel wrote a core.</summary>
    public sealed record Signaled(int Signal, bool CoreDumped) : ExitStatus
    {
        /// <inheritdoc/>
        public override string ToString() => CoreDumped ? $"{SignalName.Of(Signal)}, core dumped" : SignalName.Of(Signal);
    }

    /// <summary>Nobody could ask the kernel: somebody else reaped the process, or the guard died with the answer.</summary>
    public sealed record Lost(string Reason) : ExitStatus
    {
        /// <inheritdoc/>
        public override string ToString() => $"unknown ({Reason})";
    }
}
