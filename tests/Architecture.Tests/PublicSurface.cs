using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Architecture.Tests;

/// <summary>The public C# surface as its source declares and documents it, in Markdown.</summary>
internal static partial class PublicSurface
{
    // What a program names. Of the two below them only the types that these speak of.
    private static readonly string[] Packages = ["WorkerManagement", "WorkerManagement.Hosting", "WorkerManagement.Api", "WorkerManagement.Worker"];
    private static readonly string[] Below = ["WorkerManagement.Protocol", "WorkerManagement.Posix"];

    public static string Page()
    {
        var page = new StringBuilder();
        var spoken = new HashSet<string>();
        foreach (var package in Packages)
        {
            Write(page, package, Types(package), spoken);
        }

        foreach (var package in Below)
        {
            Write(page, package, [.. Types(package).Where(type => spoken.Contains(type.Key))], spoken);
        }

        return page.ToString();
    }

    // A partial type is one, however many files it has.
    private static IGrouping<string, BaseTypeDeclarationSyntax>[] Types(string package) =>
    [
        .. Repository.Sources(Path.Combine("src", package)).Order(StringComparer.Ordinal)
            .SelectMany(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
            .Where(type => type.AncestorsAndSelf().OfType<BaseTypeDeclarationSyntax>().All(IsPublic))
            .GroupBy(type => string.Join('.', type.AncestorsAndSelf().OfType<BaseTypeDeclarationSyntax>().Reverse().Select(around => around.Identifier.Text))).OrderBy(type => type.Key, StringComparer.Ordinal),
    ];

    private static void Write(StringBuilder page, string package, IGrouping<string, BaseTypeDeclarationSyntax>[] types, HashSet<string> spoken)
    {
        if (types.Length > 0)
        {
            page.Append(null, $"\n## Package {package}\n");
        }

        foreach (var type in types)
        {
            var parts = type.OrderByDescending(part => Text(Documentation(part), "summary").Length).ToArray();
            var declared = parts[0];
            page.Append(null, $"\n### {type.Key}\n\n`{Head(declared)}`\n\n{Text(Documentation(declared), "summary")}\n");
            var rows = parts.SelectMany(Rows).ToArray();
            if (rows.Length > 0)
            {
                page.Append("\n| member | means |\n|---|---|\n").AppendJoin("", rows.Select(row => $"| `{Cell(row.Signature)}` | {Cell(row.Means)} |\n"));
            }

            spoken.UnionWith(rows.SelectMany(row => Words().Matches(row.Signature).Select(word => word.Value)));
        }
    }

    private static IEnumerable<(string Signature, string Means)> Rows(BaseTypeDeclarationSyntax type)
    {
        foreach (var parameter in (type as TypeDeclarationSyntax)?.ParameterList?.Parameters ?? [])
        {
            var means = Elements(Documentation(type), "param").FirstOrDefault(element => Name(element.StartTag.Attributes) == parameter.Identifier.Text);
            yield return (Line(parameter.WithDefault(null)) + (type is RecordDeclarationSyntax ? " { get; init; }" : " (constructor)"), means is null ? "" : Text(means.Content));
        }

        var members = type is EnumDeclarationSyntax listed ? listed.Members : ((TypeDeclarationSyntax)type).Members.Where(member => type is InterfaceDeclarationSyntax || IsPublic(member));
        foreach (var member in members.Where(member => member is not BaseTypeDeclarationSyntax))
        {
            var documentation = Documentation(member);
            var given = Elements(documentation, "param").Select(element => $" `{Name(element.StartTag.Attributes)}`: {Text(element.Content)}");
            var thrown = Elements(documentation, "exception").Select(element => $" Throws `{Name(element.StartTag.Attributes)}`: {Text(element.Content)}");
            yield return (Signature(member), string.Concat([Text(documentation, "summary"), .. given, .. thrown]).Trim());
        }
    }

    private static string Signature(MemberDeclarationSyntax member) => Line(member switch
    {
        ConstructorDeclarationSyntax constructor => Bare(constructor).WithInitializer(null).WithBody(null).WithExpressionBody(null).WithSemicolonToken(default),
        BaseMethodDeclarationSyntax method => Bare(method).WithParameterList(method.ParameterList.WithParameters([.. method.ParameterList.Parameters.Select(parameter => parameter.WithAttributeLists([]))])).WithBody(null).WithExpressionBody(null).WithSemicolonToken(default),
        PropertyDeclarationSyntax property => Bare(property).WithInitializer(null).WithExpressionBody(null).WithSemicolonToken(default).WithAccessorList(SyntaxFactory.AccessorList([.. Accessors(property)])),
        BaseFieldDeclarationSyntax field => Bare(field),
        EnumMemberDeclarationSyntax value => value.WithAttributeLists([]).WithEqualsValue(null),
        _ => Bare(member),
    });

    private static IEnumerable<AccessorDeclarationSyntax> Accessors(PropertyDeclarationSyntax property) =>
        (property.AccessorList?.Accessors.Where(accessor => accessor.Modifiers.Count == 0).Select(accessor => accessor.Kind()) ?? [SyntaxKind.GetAccessorDeclaration])
        .Select(kind => SyntaxFactory.AccessorDeclaration(kind).WithSemicolonToken(SyntaxFactory.Token(SyntaxKind.SemicolonToken)));

    private static T Bare<T>(T member) where T : MemberDeclarationSyntax => (T)member.WithAttributeLists([])
        .WithModifiers([.. member.Modifiers.Where(modifier => modifier.Kind() is not (SyntaxKind.PublicKeyword or SyntaxKind.AsyncKeyword or SyntaxKind.PartialKeyword))]);

    private static string Head(BaseTypeDeclarationSyntax type) => Line(type switch
    {
        TypeDeclarationSyntax declared => Bare(declared).WithMembers([]).WithParameterList(null).WithOpenBraceToken(default).WithCloseBraceToken(default).WithSemicolonToken(default),
        EnumDeclarationSyntax listed => Bare(listed).WithMembers([]).WithOpenBraceToken(default).WithCloseBraceToken(default).WithSemicolonToken(default),
        _ => type,
    });

    private static string Line(SyntaxNode node) => Spaces().Replace(node.WithoutTrivia().NormalizeWhitespace().ToFullString(), " ").Trim(' ', ';');

    private static bool IsPublic(MemberDeclarationSyntax member) => member.Modifiers.Any(SyntaxKind.PublicKeyword);

    private static DocumentationCommentTriviaSyntax? Documentation(SyntaxNode node) => node.GetLeadingTrivia().Select(trivia => trivia.GetStructure()).OfType<DocumentationCommentTriviaSyntax>().FirstOrDefault();

    private static string Text(DocumentationCommentTriviaSyntax? documentation, string element) => documentation is null ? ""
        : documentation.Content.OfType<XmlEmptyElementSyntax>().Any(empty => empty.Name.ToString() == "inheritdoc") ? "As the interface or the base says."
        : string.Join(' ', Elements(documentation, element).Select(one => Text(one.Content)));

    private static IEnumerable<XmlElementSyntax> Elements(DocumentationCommentTriviaSyntax? documentation, string name) => documentation?.Content.OfType<XmlElementSyntax>().Where(element => element.StartTag.Name.ToString() == name) ?? [];

    private static string Text(SyntaxList<XmlNodeSyntax> content) => Spaces().Replace(string.Concat(content.Select(node => node switch
    {
        XmlTextSyntax text => string.Concat(text.TextTokens.Select(token => token.ValueText)),
        XmlEmptyElementSyntax empty => $"`{Name(empty.Attributes)}`",
        XmlElementSyntax element => element.StartTag.Name.ToString() is "c" or "code" ? $"`{Text(element.Content)}`" : Text(element.Content),
        _ => "",
    })), " ").Trim();

    // What a see, paramref or exception names.
    private static string Name(SyntaxList<XmlAttributeSyntax> attributes) => attributes.Select(attribute => attribute switch
    {
        XmlCrefAttributeSyntax cref => cref.Cref.ToString().Replace('{', '<').Replace('}', '>'),
        XmlNameAttributeSyntax name => name.Identifier.ToString(),
        XmlTextAttributeSyntax text => string.Concat(text.TextTokens.Select(token => token.ValueText)),
        _ => "",
    }).First();

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Words();
}
