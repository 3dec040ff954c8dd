using System.Text.Json;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue.Jobs;

/// <summary>Answers what clients ask about jobs.</summary>
internal sealed class JobRequests(AsyncQueueSystem jobs)
{
    public const string Add = "add", Start = "start", Stop = "stop", Delete = "delete", Status = "status", List = "list", Logs = "logs", Types = "types", Wait = "wait";

    /// <summary>Begins it; the answer tells how it went.</summary>
    /// <exception cref="InvalidDataException">It makes no sense.</exception>
    public void Take(PendingRequest request)
    {
        JobAsk ask;
        try
        {
            ask = JsonSerializer.Deserialize(request.Body.Span, JobJson.Default.JobAsk) ?? throw Unpacker.Nonsense("no question about jobs");
        }
        catch (JsonException exception)
        {
            throw Unpacker.Nonsense(exception.Message);
        }

        _ = RunAsync(request, ask);
    }

    // Never faults: whatever happens is the request's answer.
    private async Task RunAsync(PendingRequest request, JobAsk ask)
    {
        JobAnswer answer;
        try
        {
            answer = await AnswerAsync(ask, request.Withdrawn.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return; // Withdrawn, and answered.
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IOException)
        {
            answer = new(Error: exception.Message);
        }

        request.Answer(Packer.Whole(FrameKind.JobAnswer, request.Id, JsonSerializer.SerializeToUtf8Bytes(answer, JobJson.Default.JobAnswer)));
    }

    private async Task<JobAnswer> AnswerAsync(JobAsk ask, CancellationToken withdrawn)
    {
        var id = ask.Id ?? "";
        switch (ask.Verb)
        {
            case Add:
                return new(Jobs: [jobs.AddJob(id, ask.Type ?? "", ask.Parameters)]);
            case Start:
                return new(Jobs: [jobs.StartJob(id)]);
            case Stop:
                return new(Stop: await jobs.StopJobAsync(id, CancellationToken.None).ConfigureAwait(false));
            case Delete:
                jobs.DeleteJob(id);
                return new();
            case Status:
                return new(Jobs: [jobs.GetJobStatus(id)]);
            case Wait:
                return new(Jobs: [await jobs.WaitForJobAsync(id, withdrawn).ConfigureAwait(false)]);
            case List:
                return new(Jobs: jobs.ListJobs());
            case Logs:
                return new(Lines: jobs.GetJobLogs(id));
            case Types:
                return new(Types: [.. jobs.Types]);
            default:
                throw new ArgumentException($"jobs know no '{ask.Verb}'");
        }
    }
}
