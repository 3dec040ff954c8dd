using System.Text.RegularExpressions;

namespace CodeAnalysisServer.Analysis;

/// <summary>What is known of a text of any language without parsing it: which parts are comments or strings, as far as that is cheap to tell.</summary>
internal sealed partial class CodeText
{
    private static readonly HashSet<string> Hash = ["Python", "Ruby", "Perl", "Sh", "R", "Make", "YAML", "Tcl", "Awk", "CMake", "Elixir", "PowerShell", "Julia", "Conf", "Iniconf", "TOML"];
    private static readonly HashSet<string> Slash = ["C", "C++", "C#", "Java", "JavaScript", "TypeScript", "Go", "Rust", "Kotlin", "Scala", "Swift", "PHP", "D", "CUDA", "ObjectiveC", "CSS", "SCSS", "LESS", "Protobuf", "Verilog", "SystemVerilog", "Vala", "Dart", "Zig"];
    private static readonly HashSet<string> Blocks = ["Java", "Kotlin", "Scala", "Swift", "Dart"];
    private static readonly HashSet<string> Dash = ["SQL", "Lua", "Haskell", "Ada", "VHDL", "Elm"];
    private static readonly HashSet<string> Colons = ["C", "C++", "CUDA", "Rust", "Perl"];

    // Characters of a comment that are kept.
    private const int Longest = 2000;

    private readonly string _text;
    private readonly string? _language;
    private string? _code;

    public CodeText(string text, string? language) => (_text, _language) = (text, language);

    /// <summary>What a language writes between the parts of a qualified name.</summary>
    public static string Separator(string? language) => language is not null && Colons.Contains(language) ? "::" : ".";

    /// <summary>The text with comments and strings as spaces; all positions and lines stay. The text itself where the language is not known.</summary>
    public string Code => _code ??= _language is "JavaScript" or "TypeScript" ? ScriptText.Code(_text) : Pattern() is not { } pattern ? _text : pattern.Replace(_text, match => match.Groups["formatted"].Success ? BlankAround(match.Value) : Blank(match.ValueSpan));

    /// <summary>Cyclomatic complexity by the words that decide: exact for no language, near for most.</summary>
    public int Complexity(int start, int end) => 1 + Decision().Count(Code.AsSpan(start, end - start));

    /// <summary>The comment right above a declaration, or a docstring right below it: its text, and the line where the whole begins.</summary>
    public (string? Doc, int FirstLine) DocOf(LineMap lines, int start, int end)
    {
        var first = start;
        while (first > 1 && IsComment(lines.Text(_text, first - 1)))
        {
            first--;
        }

        var above = Enumerable.Range(first, start - first).Select(line => Margin().Replace(lines.Text(_text, line), "")).ToArray();
        var doc = Plain(string.Join(' ', above));
        if (doc is null && _language == "Python" && end > start && Docstring().Match(_text, lines.StartOf(start), lines.EndOf(end) - lines.StartOf(start)) is { Success: true } docstring)
        {
            doc = Plain(docstring.Groups[2].Value);
        }

        return (doc, first);
    }

    private static string? Plain(string text)
    {
        var plain = Space().Replace(text, " ").Trim();
        return plain.Length == 0 ? null : plain.Length <= Longest ? plain : plain[..(Longest - (char.IsLowSurrogate(plain[Longest]) ? 1 : 0))] + "…";
    }

    private bool IsComment(string line)
    {
        var text = line.AsSpan().Trim();
        return _language is not null && text.Length > 0
            && ((Slash.Contains(_language) && (text.StartsWith("//") || text.StartsWith("/*") || text.StartsWith("* ") || text is "*" || text.EndsWith("*/")))
                || (Hash.Contains(_language) && text.StartsWith("#") && !text.StartsWith("#!"))
                || (Dash.Contains(_language) && text.StartsWith("--")));
    }

    private Regex? Pattern() => _language is null ? null
        : _language == "Python" ? PythonParts()
        : _language == "Go" ? GoParts()
        : Blocks.Contains(_language) ? BlockParts()
        : Slash.Contains(_language) ? SlashParts()
        : Hash.Contains(_language) ? HashParts()
        : Dash.Contains(_language) ? DashParts()
        : null;

    // A string with expressions in braces: those are code, but for the strings within them.
    private static string BlankAround(string part)
    {
        var (result, depth) = (new char[part.Length], 0);
        for (var i = 0; i < part.Length; i++)
        {
            var doubled = depth == 0 && i + 1 < part.Length && part[i] is '{' or '}' && part[i + 1] == part[i];
            depth = doubled ? 0 : Math.Max(depth + (part[i] == '{' ? 1 : part[i] == '}' ? -1 : 0), 0);
            result[i] = depth > 0 || part[i] is '\n' or '\r' ? part[i] : ' ';
            if (doubled)
            {
                result[++i] = ' ';
            }
        }

        return Quoted().Replace(new string(result), match => Blank(match.ValueSpan));
    }

    /// <summary>Spaces for everything but the ends of lines.</summary>
    internal static void Blank(Span<char> part)
    {
        foreach (ref var character in part)
        {
            character = character is '\n' or '\r' ? character : ' ';
        }
    }

    private static string Blank(ReadOnlySpan<char> part) => string.Create(part.Length, part, (blank, from) =>
    {
        from.CopyTo(blank);
        Blank(blank);
    });

    [GeneratedRegex("""//[^\n]*|/\*.*?(\*/|\z)|"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n]){1,80}'""", RegexOptions.Singleline)]
    private static partial Regex SlashParts();

    [GeneratedRegex("""#[^\n]*|"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n])*'""", RegexOptions.Singleline)]
    private static partial Regex HashParts();

    [GeneratedRegex(""""//[^\n]*|/\*.*?(\*/|\z)|"""(\\.|[^\\])*?("""|\z)|"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n]){1,80}'"""", RegexOptions.Singleline)]
    private static partial Regex BlockParts();

    [GeneratedRegex("""//[^\n]*|/\*.*?(\*/|\z)|`[^`]*`|"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n]){1,80}'""", RegexOptions.Singleline)]
    private static partial Regex GoParts();

    [GeneratedRegex("""#[^\n]*|(?<formatted>\b([fF][rR]?|[rR][fF]))?((?<quotes>\"{3}|'{3})(\\.|[^\\])*?(\k<quotes>|\z)|"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n])*')""", RegexOptions.Singleline)]
    private static partial Regex PythonParts();

    [GeneratedRegex("""\"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n])*'""")]
    private static partial Regex Quoted();

    [GeneratedRegex("""--[^\n]*|"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n])*'""", RegexOptions.Singleline)]
    private static partial Regex DashParts();

    [GeneratedRegex(@"\b(if|for|foreach|while|until|unless|case|catch|except|elif|elsif|elseif|and|or|when|match)\b|&&|\|\||\?(?![?.:>])")]
    private static partial Regex Decision();

    [GeneratedRegex(@"^\s*(//+!?|/\*+!?|#+|--+|\*+/|\*)\s?|\*+/\s*$")]
    private static partial Regex Margin();

    [GeneratedRegex("""\G(?:[^\n]*[^:\s][ \t\r]*\n){0,40}?[^\n]*:[ \t]*(?:#[^\n]*)?\r?\n\s*[rRuU]?(\"{3}|'{3})(.*?)(?:\1|\z)""", RegexOptions.Singleline)]
    private static partial Regex Docstring();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
