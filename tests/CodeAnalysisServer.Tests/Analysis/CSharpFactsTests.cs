using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.Analysis.CSharp;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using WorkerManagement.Tests;

namespace CodeAnalysisServer.Tests.Analysis;

public sealed class CSharpFactsTests
{
    private const string Everything = """
        using System;
        using static System.Math;
        using Text = System.Text.StringBuilder;

        Console.WriteLine(Twice(2));
        int Twice(int x) => x * 2;

        namespace Outer.Inner
        {
            /// <summary>A <see cref="Shape"/> with
            /// sides &amp; angles.</summary>
            [Serializable]
            public abstract partial class Shape<T>(int sides) : Base<T>, System.IDisposable
                where T : class
            {
                public const int Most = 8;
                private int _a, _b = 1;
                public event EventHandler? Changed;
                public event EventHandler Custom { add { } remove { } }
                public int Sides { get; init; } = sides;
                public int this[int i] => i > 0 ? i : -i;
                static Shape() { }
                ~Shape() { }
                public static Shape<T> operator +(Shape<T> a, Shape<T> b) => a;
                public static implicit operator int(Shape<T> shape) => 0;
                void IDisposable.Dispose() { }
                public abstract void Draw();
                protected int Ways(int x, string? name)
                {
                    if (x > 1 && x < 9 || name is "a" or "b") { return 1; }
                    for (var i = 0; i < x; i++) { name ??= "c"; }
                    return x switch { 1 => 2, 2 => 3, _ => Local() };
                    int Local() => name is null ? 0 : 1;
                }
                private enum Color { Red, Green = 2 }
                public delegate void Handler(int x);
                public interface INested { void Do(); }
            }

            public record Point(int X, int Y) { public double Length => Sqrt(X * X + Y * Y); }
            public readonly record struct Size(int Width);
            public struct Empty;
            public static class Extensions { extension(string text) { public int Twice() => text.Length * 2; } }
        }
        """;

    [Fact]
    public void Every_construct_is_an_entity_with_its_kind_and_name() => Facts(Everything).Entities.Select(entity => $"{entity.Kind} {entity.QualifiedName}").ShouldBe(
        [
            "top_level Program.<Main>$", "local_function Program.<Main>$.Twice", "namespace Outer.Inner", "class Outer.Inner.Shape", "constant Outer.Inner.Shape.Most", "field Outer.Inner.Shape._a", "field Outer.Inner.Shape._b",
            "event Outer.Inner.Shape.Changed", "event Outer.Inner.Shape.Custom", "property Outer.Inner.Shape.Sides", "indexer Outer.Inner.Shape.this[]", "constructor Outer.Inner.Shape.Shape", "destructor Outer.Inner.Shape.~Shape",
            "operator Outer.Inner.Shape.operator +", "conversion Outer.Inner.Shape.implicit operator int", "method Outer.Inner.Shape.Dispose", "method Outer.Inner.Shape.Draw", "method Outer.Inner.Shape.Ways", "local_function Outer.Inner.Shape.Ways.Local",
            "enum Outer.Inner.Shape.Color", "enum_member Outer.Inner.Shape.Color.Red", "enum_member Outer.Inner.Shape.Color.Green", "delegate Outer.Inner.Shape.Handler", "interface Outer.Inner.Shape.INested", "method Outer.Inner.Shape.INested.Do",
            "record Outer.Inner.Point", "property Outer.Inner.Point.X", "property Outer.Inner.Point.Y", "property Outer.Inner.Point.Length", "record_struct Outer.Inner.Size", "property Outer.Inner.Size.Width", "struct Outer.Inner.Empty",
            "class Outer.Inner.Extensions", "extension Outer.Inner.Extensions.extension(string)", "method Outer.Inner.Extensions.Twice",
        ]);

    [Fact]
    public void An_entity_says_where_it_is_what_it_is_and_how_complex()
    {
        var facts = Facts(Everything);
        var shape = facts.Entities.Single(entity => entity.Name == "Shape" && entity.Kind == "class");
        shape.Signature.ShouldBe("public abstract partial class Shape<T>(int sides) : Base<T>, System.IDisposable where T : class");
        shape.Doc.ShouldBe("A Shape with sides & angles.");
        (shape.FirstLine, shape.StartLine).ShouldBe((10, 12));
        var ways = facts.Entities.Single(entity => entity.Name == "Ways");
        // 1, if, &&, ||, or, for, ??=, two arms, and the ?: of the function in it.
        ways.Complexity.ShouldBe(10);
        (ways.EndLine - ways.StartLine).ShouldBe(6);
        facts.Entities.Single(entity => entity.Name == "_b").Signature.ShouldBe("private int _b");
        facts.Entities.Single(entity => entity.Name == "Sides").Signature.ShouldBe("public int Sides { get; init; }");
        facts.Entities.Single(entity => entity.Name == "Draw").Complexity.ShouldBeNull();
        facts.Imports.Select(import => (import.Line, import.Target)).ShouldBe([(1, "System"), (2, "System.Math"), (3, "System.Text.StringBuilder")]);
        facts.Bases.Select(listed => (facts.Entities[listed.Entity].Name, listed.Name, listed.SimpleName)).ShouldBe([("Shape", "Base<T>", "Base"), ("Shape", "System.IDisposable", "IDisposable")]);
        facts.Entities.Select((entity, place) => entity.Parent is null || entity.Parent < place).ShouldAllBe(earlier => earlier);
        facts.Errors.ShouldBeEmpty();
    }

    [Fact]
    public void Broken_source_has_an_error_and_still_its_entities()
    {
        var facts = Facts("namespace N;\nclass A { void M() { if (x) { } \n int F( => 3;\n}\nclass B { int P { get; } }\n");
        facts.Errors.ShouldHaveSingleItem().Message.ShouldStartWith("line ");
        facts.Entities.Select(entity => entity.Name).ShouldBe(["N", "A", "M", "F", "B", "P"]);
    }

    [Theory]
    [InlineData("(")]
    [InlineData("x+")]
    [InlineData("{")]
    [InlineData("A<")]
    [InlineData("!")]
    [InlineData("x?x:")]
    [InlineData("if(x)")]
    [InlineData("class A{")]
    public void Source_that_is_nested_beyond_reason_does_no_harm(string one)
    {
        var text = $"class C {{ void M() {{ var x = {string.Concat(Enumerable.Repeat(one, 20_000))} 1; }} }}";
        Facts(text).Language.ShouldBe("C#");
    }

    [Fact]
    public void The_entities_of_this_repository_are_those_that_Roslyn_counts()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*.cs", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(Path.Combine(Checkout.Root, "tests"), "*.cs", SearchOption.AllDirectories)).ToArray();
        files.Length.ShouldBeGreaterThan(200);
        var all = 0;
        foreach (var file in files)
        {
            var text = File.ReadAllText(file);
            var expected = Count(CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview)).GetRoot());
            Facts(text).Entities.Count.ShouldBe(expected, file);
            all += expected;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{files.Length} files, {all} entities");
    }

    /// <summary>Declarations as Roslyn has them, counted without the product's own walk.</summary>
    internal static int Count(SyntaxNode root) => root.DescendantNodes().Sum(node => node switch
    {
        BaseNamespaceDeclarationSyntax or BaseTypeDeclarationSyntax or DelegateDeclarationSyntax or BaseMethodDeclarationSyntax or BasePropertyDeclarationSyntax or EnumMemberDeclarationSyntax or LocalFunctionStatementSyntax => 1,
        BaseFieldDeclarationSyntax field => field.Declaration.Variables.Count,
        ParameterListSyntax { Parent: RecordDeclarationSyntax } list => list.Parameters.Count,
        _ => 0,
    }) + (root.ChildNodes().OfType<GlobalStatementSyntax>().Any() ? 1 : 0);

    private static FileFacts Facts(string text) => CSharpAnalyzer.Analyze("a.cs", text, TestContext.Current.CancellationToken);
}
