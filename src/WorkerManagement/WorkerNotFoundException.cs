namespace WorkerManagement;

/// <summary>No worker of that name is listed (or none of the kind that the call needs). The message names those that are.</summary>
public sealed class WorkerNotFoundException : WorkerManagementException
{
    /// <summary>With a message for the operator.</summary>
    public WorkerNotFoundException(string message) : base(message)
    {
    }

    /// <summary>With a message for the operator and what caused it.</summary>
    public WorkerNotFoundException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Without words; prefer the other constructors.</summary>
    public WorkerNotFoundException()
    {
    }
}
