namespace CodeAnalysisServer.SqliteQueue.Wire;

/// <summary>What a frame is. The numbers are the wire's.</summary>
internal enum FrameKind : byte
{
    /// <summary>Client: statements as one transaction.</summary>
    Execute = 1,

    /// <summary>Client: one statement that only reads; its rows stream back.</summary>
    Query = 2,

    /// <summary>Client: from now on a note after each commit, many commits in one note when they come fast.</summary>
    Subscribe = 3,

    /// <summary>Client: withdraws the request of that id. Has no answer of its own.</summary>
    Cancel = 4,

    /// <summary>Client: a frame of that query's rows was used up; one more may come. Has no answer.</summary>
    Credit = 5,

    /// <summary>Client: opens an interactive transaction.</summary>
    Begin = 6,

    /// <summary>Client: statements inside an interactive transaction.</summary>
    Step = 7,

    /// <summary>Client: a read inside an interactive transaction.</summary>
    Look = 8,

    /// <summary>Client: commits an interactive transaction.</summary>
    Commit = 9,

    /// <summary>Client: gives an interactive transaction up.</summary>
    RollBack = 10,

    /// <summary>Client: something about jobs, as JSON.</summary>
    Job = 11,

    /// <summary>Queue: done; per statement the rows changed and the last row id.</summary>
    Done = 64,

    /// <summary>Queue: not done, and why.</summary>
    Refused = 65,

    /// <summary>Queue: something was committed. Belongs to no request.</summary>
    Committed = 66,

    /// <summary>Queue: the columns of a query's rows, before the first of them.</summary>
    Columns = 67,

    /// <summary>Queue: some rows of a query.</summary>
    Rows = 68,

    /// <summary>Queue: the interactive transaction is open.</summary>
    Begun = 69,

    /// <summary>Queue: the answer about jobs, as JSON.</summary>
    JobAnswer = 70,
}

/// <summary>Why a request was not done. The numbers are the wire's.</summary>
internal enum RefusalKind : byte
{
    /// <summary>The database, or the queue, refuses it.</summary>
    Refused = 0,

    /// <summary>Its caller withdrew it.</summary>
    Withdrawn = 1,

    /// <summary>Its deadline passed.</summary>
    Late = 2,
}
