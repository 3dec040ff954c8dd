namespace WorkerManagement;

/// <summary>The manager refuses or could not do something. The message says who, what, why and what to do.</summary>
public class WorkerManagementException : Exception
{
    /// <summary>With a message for the operator.</summary>
    public WorkerManagementException(string message) : base(message)
    {
    }

    /// <summary>With a message for the operator and what caused it.</summary>
    public WorkerManagementException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Without words; prefer the other constructors.</summary>
    public WorkerManagementException()
    {
    }
}
