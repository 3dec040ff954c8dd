using System.Text.Json;
using CodeAnalysisServer.Analysis;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using WorkerManagement.Tests;

namespace CodeAnalysisServer.Tests.Analysis;

/// <summary>This repository's own sources, with an answer to compare with that is found in another way: everything is bound.</summary>
public sealed class OwnSourceTests
{
    private const int Sampled = 90;

    [Fact]
    public async Task Usages_in_this_repository_are_those_that_binding_every_name_finds()
    {
        var root = Path.Combine(Checkout.Root, "src");
        await using var tree = await IndexedTree.StartAsync(root);
        await tree.IndexAsync(Directory.EnumerateFiles(root, "*.cs*", SearchOption.AllDirectories).Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".csproj", StringComparison.Ordinal)).Select(file => Path.GetRelativePath(root, file)).Append("Directory.Build.props").Where(file => File.Exists(Path.Combine(root, file))));
        var everything = BindEverything(root);
        var entities = tree.Queries.FindEntities("RunAsync").Select(hit => hit.Entity)
            .Concat(everything.Keys.Order(StringComparer.Ordinal).Where((_, place) => place % Math.Max(everything.Count / Sampled, 1) == 0).Select(key => tree.Queries.FindEntities(key.Split('|')[1]).Select(hit => hit.Entity).FirstOrDefault(entity => Key(entity) == key)).OfType<CodeEntity>())
            .Where(entity => entity.Kind is "method" or "property" or "field" or "class" or "record" or "constant" or "enum_member" or "interface").DistinctBy(entity => entity.Id).ToArray();
        var compared = 0;
        foreach (var entity in entities)
        {
            var usages = tree.Queries.FindUsages(entity, CodeQueries.MostUsages, cancellationToken: TestContext.Current.CancellationToken).Usages;
            var found = usages.Where(usage => usage.Binding == Binding.Semantic).Select(usage => $"{usage.Path}:{usage.StartLine}:{usage.Column}").Order(StringComparer.Ordinal).ToArray();
            string.Join('\n', found).ShouldBe(string.Join('\n', everything.GetValueOrDefault(Key(entity), []).Order(StringComparer.Ordinal)), $"{Key(entity)} in {entity.Path}:{entity.StartLine}");
            compared += found.Length;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{entities.Length} entities, {compared} usages");
        compared.ShouldBeGreaterThan(200);
    }

    private static string Key(CodeEntity entity) => $"{entity.Path}:{entity.StartLine}|{entity.Name}";

    // All of src as one compilation: another way than the product's, which binds project by project. Each name's symbol leads to its declaration.
    private static Dictionary<string, List<string>> BindEverything(string root)
    {
        var options = new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.Parse);
        var trees = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), options, Path.GetRelativePath(root, file))).ToList();
        trees.Add((CSharpSyntaxTree)CSharpSyntaxTree.ParseText("global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;", options));
        var own = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var web = Path.GetDirectoryName(typeof(Microsoft.AspNetCore.Builder.WebApplication).Assembly.Location)!;
        var compilation = CSharpCompilation.Create("everything", trees, Directory.EnumerateFiles(own, "*.dll").Concat(Directory.EnumerateFiles(web, "*.dll")).Concat(Packages()).DistinctBy(Path.GetFileName).Select(file => MetadataReference.CreateFromFile(file)), new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        var uses = new Dictionary<string, List<string>>();
        foreach (var tree in trees)
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var name in tree.GetRoot().DescendantNodes(descendIntoTrivia: true).OfType<SimpleNameSyntax>().Where(name => name is not IdentifierNameSyntax { IsVar: true }))
            {
                var info = model.GetSymbolInfo(name.Parent is NameMemberCrefSyntax { Parameters: not null } cref ? (SyntaxNode)cref : name);
                var symbols = info.Symbol is { } one ? [one] : info.CandidateReason is CandidateReason.MemberGroup or CandidateReason.Inaccessible || info.CandidateSymbols.Length == 1 ? info.CandidateSymbols.ToArray() : [];
                foreach (var declared in symbols.SelectMany(Declarations).Distinct())
                {
                    var at = tree.GetLineSpan(name.Identifier.Span).StartLinePosition;
                    (uses.TryGetValue(declared, out var list) ? list : uses[declared] = []).Add($"{tree.FilePath}:{at.Line + 1}:{at.Character + 1}");
                }
            }
        }

        return uses;
    }

    // Every assembly in the packages that any project of this repository was restored with.
    private static IEnumerable<string> Packages() => Directory.EnumerateFiles(Path.Combine(Checkout.Root, "artifacts", "obj"), "project.assets.json", SearchOption.AllDirectories).SelectMany(file =>
    {
        using var assets = JsonDocument.Parse(File.ReadAllBytes(file));
        var folder = assets.RootElement.GetProperty("packageFolders").EnumerateObject().First().Name;
        return assets.RootElement.GetProperty("targets").EnumerateObject().First().Value.EnumerateObject().Where(library => library.Value.GetProperty("type").ValueEquals("package") && library.Value.TryGetProperty("compile", out _))
            .SelectMany(library => library.Value.GetProperty("compile").EnumerateObject().Select(compiled => Path.Combine(folder, library.Name.ToLowerInvariant(), compiled.Name))).Where(path => path.EndsWith(".dll", StringComparison.Ordinal)).ToArray();
    });

    private static IEnumerable<string> Declarations(ISymbol symbol)
    {
        var definition = (symbol is IMethodSymbol { ReducedFrom: { } reduced } ? reduced : symbol).OriginalDefinition;
        return (definition is IMethodSymbol { MethodKind: MethodKind.Constructor } constructor ? [constructor, constructor.ContainingType] : (ISymbol[])[definition])
            .Where(found => found is not (ILocalSymbol or IParameterSymbol)).SelectMany(found => found.DeclaringSyntaxReferences.Select(reference =>
            {
                var node = reference.GetSyntax();
                var first = node is VariableDeclaratorSyntax { Parent: VariableDeclarationSyntax { Variables: var variables } declaration } && variables[0] == node ? declaration.Parent! : node;
                return $"{reference.SyntaxTree.FilePath}:{reference.SyntaxTree.GetLineSpan(first.Span).StartLinePosition.Line + 1}|{found.Name}";
            }));
    }
}
