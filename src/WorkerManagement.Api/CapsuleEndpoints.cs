using Microsoft.AspNetCore.Http;
using WorkerManagement.Capsules;

namespace WorkerManagement.Api;

/// <summary><c>GET /v1/capsules?worker=</c> and <c>GET /v1/capsules/{id}</c>: the crash capsules, the newest first.</summary>
internal static class CapsuleEndpoints
{
    public static CapsuleList List(WorkerManager manager, HttpContext context) => new(new CapsuleStore(manager.Options.StateDirectory).List(context.Request.Query["worker"].FirstOrDefault()));

    /// <exception cref="WorkerNotFoundException">There is none of that id.</exception>
    public static CrashCapsule Find(WorkerManager manager, HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        return new CapsuleStore(manager.Options.StateDirectory).Find(id) ?? throw new WorkerNotFoundException($"there is no crash capsule '{id}'; GET /v1/capsules lists them");
    }
}
