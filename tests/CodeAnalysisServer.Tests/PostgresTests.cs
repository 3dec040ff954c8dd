using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Postgres;
using Npgsql;

namespace CodeAnalysisServer.Tests;

/// <summary>What only a database that is elsewhere can do: refuse, be somebody else's, go away.</summary>
public sealed class PostgresTests : IDisposable
{
    private const string Add = "INSERT INTO changes (kind, path) VALUES ($1, $2)";

    private readonly string _data = Directory.CreateTempSubdirectory("p-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData("Username=u;Password=geheim")]
    [InlineData("Host=h;Password=half;geheim=other half")]
    [InlineData("postgres://u:geheim@h/d")]
    public void What_is_no_connection_string_is_refused_without_its_secret(string text)
    {
        if (text.Length == 0)
        {
            IndexDatabase.Of(_data, text).Place.ShouldBe(Schema.PathIn(_data));
            return;
        }

        var told = Should.Throw<FormatException>(() => IndexDatabase.Of(_data, text)).ToString();
        told.ShouldContain("Host=");
        told.ShouldNotContain("geheim");
    }

    [Fact]
    public async Task What_cannot_hold_an_index_says_why_and_what_to_do_and_never_the_password()
    {
        await PostgresServer.NewSchemaAsync();
        await PostgresServer.ExecuteAsync("CREATE ROLE guarded LOGIN PASSWORD 'right'");
        await PostgresServer.ExecuteAsync("CREATE ROLE mere LOGIN");
        await PostgresServer.ExecuteAsync("CREATE DATABASE old_texts ENCODING 'SQL_ASCII' TEMPLATE template0");
        await PostgresServer.ExecuteAsync("CREATE SCHEMA newer; CREATE TABLE newer.schema_version (version BIGINT); INSERT INTO newer.schema_version VALUES (99)");
        foreach (var (connection, why) in ((string, string)[])[
            ("Host=/nowhere/at/all;Username=u;Password=secret", "cannot be reached"),
            (PostgresServer.Login("guarded", password: "secret"), "refuses the user 'guarded'"),
            (PostgresServer.Login(database: "absent"), "createdb"),
            (PostgresServer.Login(database: "old_texts"), "--encoding=UTF8"),
            (PostgresServer.Login() + ";Search Path=newer", "use the newer program")])
        {
            var told = Should.Throw<InvalidOperationException>(() => new PostgresDatabase(_data, connection).Check(TimeSpan.Zero), why);
            told.Message.ShouldContain(why);
            told.ToString().ShouldNotContain("secret");
        }

        Should.Throw<InvalidOperationException>(() => new PostgresDatabase(_data, PostgresServer.Login("mere")).OpenForWriting(_ => { }, TimeSpan.Zero)).Message.ShouldContain("GRANT CREATE ON DATABASE \"postgres\" TO \"mere\"");
        new PostgresDatabase(_data, PostgresServer.Login("guarded", password: "right")).Check(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_second_server_is_refused_with_the_owner_and_an_older_index_is_built_again_with_its_roots()
    {
        var database = new PostgresDatabase(_data, await PostgresServer.NewSchemaAsync());
        var told = new List<string>();
        await using (var owner = database.OpenForWriting(told.Add, TimeSpan.Zero))
        {
            Should.Throw<InvalidOperationException>(() => database.Check(TimeSpan.Zero)).Message.ShouldContain($"code-analysis-server, process {Environment.ProcessId}");
            Should.Throw<InvalidOperationException>(() => database.OpenForWriting(told.Add, TimeSpan.Zero)).Message.ShouldContain("another server owns the index");
            owner.Run(AddedRoots.Add, "/added");
            owner.Run("INSERT INTO changes (kind, path) VALUES ('old', 'old')");
            owner.Run("UPDATE schema_version SET version = 2");
        }

        database.TryOpenReady().ShouldBeNull();
        await using var again = database.OpenForWriting(told.Add, TimeSpan.FromSeconds(30));
        told.ShouldHaveSingleItem().ShouldContain("built again from the trees");
        again.Rows("SELECT root FROM projects", row => row.GetString(0)).ShouldBe(["/added"]);
        again.Scalar("SELECT count(*) FROM changes").ShouldBe(0L);
        using var reading = database.TryOpenReady().ShouldNotBeNull();
        Should.Throw<PostgresException>(() => reading.Run("DELETE FROM projects")).SqlState.ShouldBe(PostgresErrorCodes.ReadOnlySqlTransaction);
        database.Describe(reading).Vectors.ShouldContain("pgvector");
    }

    [Fact]
    public async Task When_the_connection_is_lost_what_was_acknowledged_is_there_and_the_queue_goes_on()
    {
        await using var queue = await QueueFixture.StartAsync(kind: DatabaseKind.Postgres);
        var acknowledged = 0;
        var refused = 0;
        var enough = new TaskCompletionSource();
        var writing = Enumerable.Range(0, 4).Select(async number =>
        {
            await using var client = await queue.ConnectAsync();
            for (var i = 0; i < 100 || !enough.Task.IsCompleted; i++)
            {
                try
                {
                    await client.ExecuteAsync([new(Add, [$"{number}", $"{i}"]), new(Add, [$"{number}", $"{i}"])], Cancel);
                    Interlocked.Increment(ref acknowledged);
                }
                catch (QueueRefusedException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }).ToArray();
        var schema = ((PostgresDatabase)queue.Index).Namespace;
        for (var i = 0; i < 5; i++)
        {
            await PostgresServer.ExecuteAsync($"SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory' AND ((CAST(l.classid AS bigint) << 32) | CAST(l.objid AS bigint)) = hashtextextended('code-analysis-server {schema}', 0)");
            await using var client = await queue.ConnectAsync();
            while ((await Record.ExceptionAsync(() => client.ExecuteAsync([new(Add, ["between", $"{i}"])], Cancel))) is QueueRefusedException)
            {
                // Not there again yet.
            }
        }

        enough.SetResult();
        await Task.WhenAll(writing);
        queue.Serving.IsCompleted.ShouldBeFalse();
        using var reading = queue.Read();
        reading.Scalar("SELECT count(*) FROM changes WHERE kind <> 'between'").ShouldBe(2L * acknowledged);
        reading.Scalar("SELECT count(DISTINCT path) FROM changes WHERE kind = 'between'").ShouldBe(5L);
        refused.ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public async Task A_NUL_is_kept_as_the_sign_for_what_cannot_be_shown()
    {
        await using var queue = await QueueFixture.StartAsync(kind: DatabaseKind.Postgres);
        await using var client = await queue.ConnectAsync();
        await client.ExecuteAsync([new("INSERT INTO changes (kind, path) SELECT e.value ->> 0, e.value ->> 1 FROM json_each($1) e", ["[[\"a\\u0000b\", \"c\\\\u0000d\"]]"])], Cancel);
        using var reading = queue.Read();
        reading.Rows("SELECT kind, path FROM changes", row => (row.GetString(0), row.GetString(1))).ShouldBe([("a\uFFFDb", "c\\u0000d")]);
    }
}
