using WorkerManagement.Tests;

namespace Architecture.Tests;

public sealed class PublicSurfaceTests
{
    [Fact]
    public void Each_public_type_and_member_says_what_it_is() => PublicSurface.Page().Split('\n').Where(line => line.EndsWith("|  |", StringComparison.Ordinal)).ShouldBeEmpty();

    [Fact]
    public void The_page_of_the_C_sharp_API_has_each_public_type_and_member_and_no_other() => ReferencePage.Compare("csharp.md", PublicSurface.Page());
}
