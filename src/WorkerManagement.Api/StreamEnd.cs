using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace WorkerManagement.Api;

// A host's web server goes before its other services, and waits for the requests that are going on: an answer that never ends would
// use up the whole time of the workers' stop. So streams end when the host begins to stop. A program that is nothing but a manager
// stops its workers first, while the API still answers: there streams last until the manager is gone, and show the stop.

/// <summary>Registered by a program that stops its manager before its web server.</summary>
internal sealed class StreamsShowTheStop;

/// <summary>When answers that never end by themselves end.</summary>
internal static class StreamEnd
{
    /// <summary>Also when the client leaves. The caller disposes it.</summary>
    public static CancellationTokenSource For(HttpContext context, CancellationToken managerEnded)
    {
        var services = context.RequestServices;
        var stopping = services.GetService<StreamsShowTheStop>() is null ? services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? default : default;
        return CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, managerEnded, stopping);
    }
}
