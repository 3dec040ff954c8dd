namespace CodeAnalysisServer.Operations;

/// <summary>One argument of an operation. A closed set: text, whole number, flag.</summary>
internal abstract record Parameter
{
    private Parameter(string name, string description, bool required) => (Name, Description, Required) = (name, description, required);

    /// <summary>The name in MCP.</summary>
    public string Name { get; }

    /// <summary>What it means, with unit and default.</summary>
    public string Description { get; }

    /// <summary>Whether there is no default.</summary>
    public bool Required { get; }

    /// <summary>The name in a query string, where that is another one.</summary>
    public string? QueryName { get; init; }

    /// <summary>Text of 1 to <see cref="Longest"/> characters.</summary>
    public sealed record Text(string Name, string Description, bool Required = false) : Parameter(Name, Description, Required)
    {
        /// <summary>Characters.</summary>
        public int Longest { get; init; } = 1000;

        /// <summary>The only values; null for any.</summary>
        public IReadOnlyList<string>? OneOf { get; init; }
    }

    /// <summary>A whole number within bounds.</summary>
    public sealed record Whole(string Name, string Description, long Default, long Least, long Most) : Parameter(Name, Description, false);

    /// <summary>True or false.</summary>
    public sealed record Flag(string Name, string Description, bool Default) : Parameter(Name, Description, false);
}
