using System.Diagnostics;
using System.Globalization;
using CodeAnalysisServer.SqliteQueue;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Bench.Scenarios;

/// <summary>The queue against SQLite in the same process: bulk insert of small and of large rows, single writes, many clients, rows read.</summary>
internal sealed class Queue : IScenario
{
    private const int Rounds = 5, RowsInTransaction = 1000, UnderWay = 4;
    private const string Make = "CREATE TABLE IF NOT EXISTS bulk (id INTEGER PRIMARY KEY, name TEXT NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL)";
    private const string Add = "INSERT INTO bulk (name, number, bytes) VALUES ($1, $2, $3)";

    public async Task RunAsync(TextWriter output)
    {
        await using var queue = await QueueProcess.StartAsync();
        await using var client = await queue.ConnectAsync();
        await client.ExecuteAsync([new(Make, [])], CancellationToken.None);
        await BulkAsync(output, queue, client, "small rows (name, number, 16 bytes)", 100_000, new byte[16]);
        await BulkAsync(output, queue, client, "vectors (name, number, 1536 bytes)", 20_000, new byte[1536]);
        await SingleAsync(output, client, "NORMAL");
        await using (var durable = await QueueProcess.StartAsync("--durable"))
        {
            await using var synced = await durable.ConnectAsync();
            await synced.ExecuteAsync([new(Make, [])], CancellationToken.None);
            await SingleAsync(output, synced, "FULL (--durable)");
        }

        await ManyAsync(output, queue);
        await ReadAsync(output, queue, client);
    }

    private static async Task BulkAsync(TextWriter output, QueueProcess queue, SqliteDriverProxy client, string what, int rows, byte[] bytes)
    {
        var (inProcess, through) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            inProcess.Add(InProcess(rows, bytes));
            var from = Stopwatch.GetTimestamp();
            await Parallel.ForEachAsync(Enumerable.Range(0, rows / RowsInTransaction), new ParallelOptions { MaxDegreeOfParallelism = UnderWay }, async (part, cancel) =>
                await client.ExecuteAsync([.. Enumerable.Range(part * RowsInTransaction, RowsInTransaction).Select(i => new Statement(Add, [Name(i), i, bytes]))], cancel));
            through.Add(rows / Stopwatch.GetElapsedTime(from).TotalSeconds);
        }

        var ratios = inProcess.Zip(through, (limit, queued) => queued / limit).ToArray();
        Print(output, $"bulk insert, {what}: {ratios.Median():0.00}x of in-process SQLite (rounds {string.Join(' ', ratios.Select(ratio => ratio.ToString("0.00", CultureInfo.InvariantCulture)))}); {through.Median():0} against {inProcess.Median():0} rows/s; queue's processor so far {queue.Processor.TotalSeconds:0.0} s");
    }

    // What a program does that has the database to itself: one prepared statement, the same pragmas, the same transactions.
    private static double InProcess(int rows, byte[] bytes)
    {
        var directory = Directory.CreateTempSubdirectory("bench-limit-").FullName;
        try
        {
            using var database = new SqliteConnection($"Data Source={directory}/limit.db;Pooling=False");
            database.Open();
            Run(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768; " + Make);
            using var command = database.CreateCommand();
            command.CommandText = Add;
            var (name, number, blob) = (command.Parameters.Add("$1", SqliteType.Text), command.Parameters.Add("$2", SqliteType.Integer), command.Parameters.Add("$3", SqliteType.Blob));
            var from = Stopwatch.GetTimestamp();
            for (var part = 0; part < rows / RowsInTransaction; part++)
            {
                using var transaction = database.BeginTransaction();
                command.Transaction = transaction;
                for (var i = part * RowsInTransaction; i < (part + 1) * RowsInTransaction; i++)
                {
                    (name.Value, number.Value, blob.Value) = (Name(i), (long)i, bytes);
                    command.ExecuteNonQuery();
                }

                transaction.Commit();
            }

            return rows / Stopwatch.GetElapsedTime(from).TotalSeconds;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task SingleAsync(TextWriter output, SqliteDriverProxy client, string synchronous)
    {
        var times = new List<double>();
        for (var i = 0; i < 3000; i++)
        {
            var from = Stopwatch.GetTimestamp();
            await client.ExecuteAsync([new(Add, [Name(i), i, new byte[16]])], CancellationToken.None);
            times.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
        }

        Print(output, $"single write, synchronous {synchronous}: p50 {times.Median():0.000} ms, p95 {times.Quantile(0.95):0.000} ms, p99 {times.Quantile(0.99):0.000} ms, longest {times.Max():0.0} ms");
    }

    private static async Task ManyAsync(TextWriter output, QueueProcess queue)
    {
        var from = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var client = await queue.ConnectAsync();
            await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
            {
                for (var i = 0; i < 200; i++)
                {
                    await client.ExecuteAsync([new(Add, [Name(i), i, new byte[16]])], CancellationToken.None);
                }
            }));
        }));
        Print(output, $"8 clients, 16 single writes under way each: {8 * 16 * 200 / Stopwatch.GetElapsedTime(from).TotalSeconds:0} writes/s, each acknowledged after its commit");
    }

    private static async Task ReadAsync(TextWriter output, QueueProcess queue, SqliteDriverProxy client)
    {
        const string Read = "SELECT id, name, number, bytes FROM bulk LIMIT 100000";
        var ratios = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var from = Stopwatch.GetTimestamp();
            using (var database = new SqliteConnection($"Data Source={queue.Directory}/index.db;Mode=ReadOnly;Pooling=False"))
            {
                database.Open();
                using var command = database.CreateCommand();
                command.CommandText = Read;
                using var reader = command.ExecuteReader();
                while (reader.Read())
                {
                    reader.GetValues(new object[4]);
                }
            }

            var alone = Stopwatch.GetElapsedTime(from);
            from = Stopwatch.GetTimestamp();
            await foreach (var row in client.QueryAsync(new(Read, [])))
            {
                _ = row[0];
            }

            ratios.Add(Stopwatch.GetElapsedTime(from) / alone);
        }

        Print(output, $"100,000 rows read through the queue: {ratios.Median():0.00}x the time of a read-only connection of one's own");
    }

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"src/Some.Project/Folder/File{i}.cs");

    private static void Run(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void Print(TextWriter output, FormattableString line) => output.WriteLine(FormattableString.Invariant(line));
}
