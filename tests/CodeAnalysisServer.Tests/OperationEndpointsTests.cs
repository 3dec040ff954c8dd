using CodeAnalysisServer.Http;
using CodeAnalysisServer.Operations;
using CodeAnalysisServer.Storage;
using Microsoft.AspNetCore.Http;

namespace CodeAnalysisServer.Tests;

public sealed class OperationEndpointsTests
{
    [Fact]
    public async Task What_nobody_foresaw_is_answered_as_a_problem_that_keeps_to_itself_what_it_was()
    {
        var operation = new Operation("count_stars", "Count the stars", Effect.Reads, "Counts them.", [], OperationJson.Plain.Problem, (_, _, _) => throw new InvalidOperationException("a cloud"));
        using var context = new ServerContext(IndexDatabase.Embedded("/nowhere"), manager: null);
        using var body = new MemoryStream();
        var http = new DefaultHttpContext { Response = { Body = body } };
        await OperationEndpoints.AnswerAsync(http, operation, context);
        (http.Response.StatusCode, http.Response.ContentType).ShouldBe((500, "application/problem+json"));
        var told = System.Text.Encoding.UTF8.GetString(body.ToArray());
        told.ShouldContain("'count_stars' failed; the server's standard error says why");
        told.ShouldNotContain("cloud");
    }
}
