namespace WorkerManagement;

/// <summary>When a worker that ended is started again, in the words of OTP's <c>supervisor</c>.</summary>
public enum RestartPolicy
{
    /// <summary>Always.</summary>
    Permanent = 0,

    /// <summary>Unless it ended with exit code 0.</summary>
    Transient = 1,

    /// <summary>Never.</summary>
    Temporary = 2,
}
