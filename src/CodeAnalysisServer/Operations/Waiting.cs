using CodeAnalysisServer.Storage;
using WorkerManagement;

namespace CodeAnalysisServer.Operations;

/// <summary>What waits because a worker is down, in sentences.</summary>
internal static class Waiting
{
    /// <summary>Empty when all four run, or when this process is not the server.</summary>
    public static List<string> Of(ServerContext context) =>
        context.IsServer ? [.. context.Manager.GetWorkerStatus().Workers.Where(worker => !worker.Ready).Select(worker => $"{worker.Type} is {worker.State} ({worker.Why}): {Consequence(context, worker.Type)}")] : [];

    private static string Consequence(ServerContext context, string type) => type switch
    {
        "sqlite_queue" => "nothing can be written, and the other workers wait for it; searches answer from what is indexed",
        "file_watcher" => "changes in the trees are not indexed until it runs again; its first scan finds what was missed",
        "vectorization" => $"{Count(context)} chunks wait for their embedding, and more with every change; full text and regular expressions find them, semantic search does not",
        "repair" => "disagreements in the index are not looked for",
        _ => "what it does waits",
    };

    private static long Count(ServerContext context)
    {
        using var connection = context.Database.TryOpenReady();
        return connection?.Scalar("SELECT count(*) FROM to_embed") as long? ?? 0;
    }
}
