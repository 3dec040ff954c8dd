namespace WorkerManagement;

/// <summary>What must hold of a dependency before the dependent worker is started.</summary>
public enum DependencyCondition
{
    /// <summary>It runs.</summary>
    Started = 0,

    /// <summary>It runs and is ready.</summary>
    Ready = 1,

    /// <summary>It ended with exit code 0 and is settled.</summary>
    Succeeded = 2,
}
