using System.Text;
using Acornima;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace EndToEnd.Tests;

/// <summary>Code without comments and strings, told in another way than the product's: by a parser, or, where the product uses regular expressions, letter by letter.</summary>
internal static class OtherCode
{
    /// <summary>The text with blanks for what is no code; what stands in the braces of a Python f-string is code. None when the language's parser refuses it.</summary>
    public static string? Of(string text, string language)
    {
        if (language is "C#" or "JavaScript")
        {
            return language == "C#" ? Names(text) : ScriptNames(text);
        }

        var code = new StringBuilder(text);
        for (var at = 0; at < text.Length;)
        {
            var end = End(text, at, language);
            if (end > at)
            {
                var formatted = language == "Python" && IsFormatted(text, at);
                Blank(code, text, at, end, formatted);
                at = end;
            }
            else
            {
                at++;
            }
        }

        return code.ToString();
    }

    // Nothing but the names of C# that stand for something, as its own parser tells them: those that a documentation refers to (cref) among them, none in other comments, in strings, nor in what #if leaves out;
    // not where something is declared, nor the parts of a namespace's name.
    private static string Names(string text)
    {
        return Only(text, CSharpSyntaxTree.ParseText(text, new(LanguageVersion.Preview)).GetRoot().DescendantTokens(descendIntoTrivia: true)
            .Where(token => token.IsKind(SyntaxKind.IdentifierToken) && !IsDeclared(token) && !IsOfNamespace(token)).Select(token => (token.SpanStart, token.Span.End)));
    }

    private static bool IsDeclared(SyntaxToken name) => name.Parent switch
    {
        MethodDeclarationSyntax method => method.Identifier == name,
        PropertyDeclarationSyntax property => property.Identifier == name,
        BaseTypeDeclarationSyntax type => type.Identifier == name,
        // A property too.
        ParameterSyntax { Parent.Parent: RecordDeclarationSyntax } parameter => parameter.Identifier == name,
        _ => false,
    };

    private static bool IsOfNamespace(SyntaxToken name) => name.Parent!.AncestorsAndSelf().TakeWhile(node => node is NameSyntax or BaseNamespaceDeclarationSyntax or UsingDirectiveSyntax)
        .Any(node => node is BaseNamespaceDeclarationSyntax or UsingDirectiveSyntax { Alias: null, StaticKeyword.RawKind: 0 });

    private static string? ScriptNames(string text)
    {
        var names = new List<(int Start, int End)>();
        var options = new ParserOptions { AllowReturnOutsideFunction = true, OnToken = AddName };
        var parser = new Parser(options);
        try
        {
            parser.ParseScript(text);
            return Only(text, names);
        }
        catch (ParseErrorException)
        {
            names.Clear();
        }

        try
        {
            parser.ParseModule(text);
            return Only(text, names);
        }
        catch (ParseErrorException)
        {
            return null;
        }

        void AddName(in Token token)
        {
            if (token.Kind is TokenKind.Identifier)
            {
                names.Add((token.Start, token.End));
            }
        }
    }

    private static string Only(string text, IEnumerable<(int Start, int End)> names)
    {
        var letters = text.ToCharArray();
        var from = 0;
        foreach (var (start, end) in names)
        {
            Blank(letters.AsSpan(from, start - from));
            from = end;
        }

        Blank(letters.AsSpan(from));
        return new(letters);
    }

    private static void Blank(Span<char> part)
    {
        foreach (ref var letter in part)
        {
            letter = letter is '\n' ? letter : ' ';
        }
    }

    /// <summary>Where a name is as a whole word; both from 1.</summary>
    public static IEnumerable<(int Line, int Column)> Places(string code, string name)
    {
        var number = 0;
        foreach (var line in code.Split('\n'))
        {
            number++;
            for (var at = line.IndexOf(name, StringComparison.Ordinal); at >= 0; at = line.IndexOf(name, at + name.Length, StringComparison.Ordinal))
            {
                if ((at == 0 || !IsPart(line[at - 1])) && (at + name.Length == line.Length || !IsPart(line[at + name.Length])))
                {
                    yield return (number, at + 1);
                }
            }
        }
    }

    // Where what begins here and is no code ends; the same place when code begins here.
    private static int End(string text, int at, string language)
    {
        bool Starts(string part) => string.CompareOrdinal(text, at, part, 0, part.Length) == 0;
        int After(string part, int from) => text.IndexOf(part, from, StringComparison.Ordinal) is >= 0 and var found ? found + part.Length : text.Length;
        int Line() => text.IndexOf('\n', at) is >= 0 and var found ? found : text.Length;
        var python = language == "Python";
        return text[at] switch
        {
            '#' when python => Line(),
            '/' when !python && Starts("//") => Line(),
            '/' when !python && Starts("/*") => After("*/", at + 2),
            '"' when python && Starts("\"\"\"") => After("\"\"\"", at + 3),
            '\'' when python && Starts("'''") => After("'''", at + 3),
            '"' when language == "Java" && Starts("\"\"\"") => After("\"\"\"", at + 3),
            '`' when language == "Go" => After("`", at + 1),
            '"' or '\'' => Quoted(text, at),
            _ => at,
        };
    }

    private static int Quoted(string text, int at)
    {
        for (var i = at + 1; i < text.Length && text[i] != '\n'; i++)
        {
            if (text[i] == text[at])
            {
                return i + 1;
            }

            // A line that goes on is still the string.
            i += text[i] == '\\' ? 1 : 0;
        }

        return at;
    }

    private static bool IsFormatted(string text, int quote)
    {
        var prefix = quote;
        while (prefix > 0 && quote - prefix < 2 && text[prefix - 1] is 'f' or 'F' or 'r' or 'R')
        {
            prefix--;
        }

        return (prefix == 0 || !IsPart(text[prefix - 1])) && text[prefix..quote].Contains('f', StringComparison.OrdinalIgnoreCase);
    }

    private static void Blank(StringBuilder code, string text, int from, int end, bool formatted)
    {
        var depth = 0;
        for (var i = from; i < end; i++)
        {
            if (formatted && text[i] is '{' or '}')
            {
                if (depth == 0 && i + 1 < end && text[i + 1] == text[i])
                {
                    (code[i], code[i + 1]) = (' ', ' ');
                    i++;
                    continue;
                }

                depth = Math.Max(depth + (text[i] == '{' ? 1 : -1), 0);
            }

            if (depth > 0 && text[i] is '"' or '\'' && Quoted(text, i) is var inner && inner > i && inner < end)
            {
                while (i < inner)
                {
                    code[i++] = ' ';
                }

                i--;
                continue;
            }

            if (depth == 0 && text[i] is not ('\n' or '\r'))
            {
                code[i] = ' ';
            }
        }
    }

    private static bool IsPart(char character) => char.IsLetterOrDigit(character) || character is '_' or '$';
}
