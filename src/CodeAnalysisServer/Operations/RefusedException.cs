namespace CodeAnalysisServer.Operations;

/// <summary>Why a request is refused.</summary>
internal enum Refusal
{
    /// <summary>It makes no sense as it is.</summary>
    Invalid,

    /// <summary>What it names is not there.</summary>
    NotFound,

    /// <summary>It may not be asked for: it is outside of the roots.</summary>
    Forbidden,

    /// <summary>It does not fit to the state of things.</summary>
    Conflict,

    /// <summary>Not now.</summary>
    Unavailable,
}

/// <summary>A request is refused; the message says why and what to do. Nothing was done.</summary>
internal sealed class RefusedException(Refusal refusal, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public Refusal Refusal => refusal;
}
