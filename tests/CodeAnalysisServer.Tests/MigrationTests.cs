using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Tests;

public sealed class MigrationTests : IDisposable
{
    // As the program of version 2 made it.
    private const string Version2 = """
        CREATE TABLE files (id INTEGER PRIMARY KEY, root TEXT NOT NULL, path TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, UNIQUE (root, path));
        CREATE TABLE changes (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, path TEXT NOT NULL);
        CREATE TABLE doubts (id INTEGER PRIMARY KEY, root TEXT NOT NULL, path TEXT NOT NULL, UNIQUE (root, path));
        CREATE TABLE chunks (id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE, start_line INTEGER NOT NULL,
            end_line INTEGER NOT NULL, text TEXT NOT NULL, words TEXT NOT NULL, hash TEXT NOT NULL);
        CREATE INDEX chunks_of_file ON chunks (file_id);
        CREATE VIRTUAL TABLE chunk_text USING fts5 (text, words, content = 'chunks', content_rowid = 'id');
        CREATE TRIGGER chunk_text_added AFTER INSERT ON chunks BEGIN
            INSERT INTO chunk_text (rowid, text, words) VALUES (new.id, new.text, new.words);
        END;
        CREATE TRIGGER chunk_text_removed AFTER DELETE ON chunks BEGIN
            INSERT INTO chunk_text (chunk_text, rowid, text, words) VALUES ('delete', old.id, old.text, old.words);
        END;
        CREATE TABLE vectors (chunk_id INTEGER PRIMARY KEY, hash TEXT NOT NULL, embedding BLOB NOT NULL);
        CREATE INDEX vectors_by_hash ON vectors (hash);
        CREATE TABLE to_embed (chunk_id INTEGER PRIMARY KEY);
        CREATE TRIGGER vector_added AFTER INSERT ON vectors BEGIN DELETE FROM to_embed WHERE chunk_id = new.chunk_id; END;
        CREATE TRIGGER chunk_waits AFTER INSERT ON chunks BEGIN INSERT INTO to_embed (chunk_id) VALUES (new.id); END;
        CREATE TRIGGER chunk_waits_no_more AFTER DELETE ON chunks BEGIN
            DELETE FROM to_embed WHERE chunk_id = old.id;
            DELETE FROM vectors WHERE chunk_id = old.id;
        END;
        PRAGMA user_version = 2;
        INSERT INTO files VALUES (1, '/r', 'a.txt', 'h', 3, 0);
        INSERT INTO chunks VALUES (1, 1, 1, 1, 'abc', '', 'h');
        """;

    private readonly string _data = Directory.CreateTempSubdirectory("m-").FullName;
    private readonly List<string> _told = [];

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public void A_database_of_version_2_is_brought_to_this_version_with_a_backup_and_it_is_told()
    {
        Make(Version2);
        using (var database = Schema.OpenForWriting(_data, _told.Add))
        {
            ShouldBeOfThisVersion(database);
            database.Scalar("SELECT from_version FROM schema_history").ShouldBe(2L);
            database.Scalar("PRAGMA foreign_keys").ShouldBe(1L);
        }

        _told.ShouldHaveSingleItem().ShouldStartWith("the index of version 2");
        using (var backup = Open(Directory.GetFiles(Backups.DirectoryIn(_data)).ShouldHaveSingleItem()))
        {
            backup.Scalar("PRAGMA user_version").ShouldBe(2L);
            backup.Scalar("SELECT text FROM chunks").ShouldBe("abc");
        }

        // Once.
        using var again = Schema.OpenForWriting(_data, _told.Add);
        _told.Count.ShouldBe(1);
    }

    [Fact]
    public void A_step_that_carries_rows_over_keeps_them()
    {
        Make(Version2);
        using var database = Open(Schema.PathIn(_data));
        const string Table = "CREATE TABLE schema_history (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, from_version INTEGER NOT NULL, at TEXT NOT NULL, how TEXT NOT NULL);";
        var create = Version2[..Version2.IndexOf("PRAGMA", StringComparison.Ordinal)] + Table;
        Migrations.Run(database, _data, 2, [new Migration.Carry(3, Table)], create, 3).ShouldContain("was brought to version 3");
        database.Scalar("SELECT text FROM chunks").ShouldBe("abc");
        database.Scalar("PRAGMA user_version").ShouldBe(3L);
    }

    [Theory]
    [InlineData("CREATE TABLE nonsense (")]
    [InlineData("CREATE TABLE surplus (x)")]
    [InlineData("DELETE FROM nowhere")]
    [InlineData("DROP INDEX chunks_of_file")]
    public void A_step_that_fails_or_makes_other_tables_changes_nothing_and_the_index_is_built_again(string step)
    {
        Make(Version2);
        using var database = Open(Schema.PathIn(_data));
        Migrations.Run(database, _data, 2, [new Migration.Carry(3, step)], Schema.Create, Schema.Version).ShouldContain("built again from the trees");
        ShouldBeOfThisVersion(database);
        database.Scalar("SELECT count(*) FROM files").ShouldBe(0L);
        database.Scalar("PRAGMA integrity_check").ShouldBe("ok");
    }

    [Theory]
    [InlineData(1, "CREATE TABLE files (id INTEGER PRIMARY KEY); CREATE TABLE chunks (id INTEGER PRIMARY KEY, file_id INTEGER REFERENCES files (id)); CREATE VIRTUAL TABLE chunk_text USING fts5 (text); CREATE TABLE changes (id); CREATE VIEW v AS SELECT * FROM files; INSERT INTO files VALUES (1); INSERT INTO chunks VALUES (1, 1); PRAGMA user_version = 1;")]
    [InlineData(Schema.Version, "CREATE TABLE files (of_another_build); PRAGMA user_version = 3;")]
    public void A_database_that_cannot_be_carried_over_is_built_again(int version, string sql)
    {
        Make(sql.Replace("user_version = 3", $"user_version = {Schema.Version}", StringComparison.Ordinal));
        using var database = Schema.OpenForWriting(_data, _told.Add);
        _told.ShouldHaveSingleItem().ShouldStartWith($"the index of version {version} cannot be carried over");
        ShouldBeOfThisVersion(database);
    }

    [Fact]
    public void A_newer_database_is_refused_and_left_alone()
    {
        Make($"CREATE TABLE t (x); PRAGMA user_version = {Schema.Version + 1}");
        Should.Throw<InvalidOperationException>(() => Schema.OpenForWriting(_data, _told.Add)).Message.ShouldContain("use the newer program");
        using var database = Open(Schema.PathIn(_data));
        database.Scalar("PRAGMA user_version").ShouldBe((long)Schema.Version + 1);
    }

    [Fact]
    public void A_damaged_database_is_set_aside_told_and_made_anew()
    {
        Make(Version2);
        var bytes = File.ReadAllBytes(Schema.PathIn(_data));
        Array.Fill(bytes, (byte)0xAA, 4096, bytes.Length - 4096);
        File.WriteAllBytes(Schema.PathIn(_data), bytes);
        using var database = Schema.OpenForWriting(_data, _told.Add);
        _told.ShouldHaveSingleItem().ShouldContain("set aside");
        // But for the header, which says WAL by then.
        File.ReadAllBytes(Schema.PathIn(_data) + ".damaged")[4096..].ShouldBe(bytes[4096..]);
        ShouldBeOfThisVersion(database);
    }

    [Theory]
    [InlineData("damaged", true)]
    [InlineData("damaged", false)]
    [InlineData("of another build", true)]
    [InlineData("of another build", false)]
    [InlineData("removed", true)]
    public void Roots_that_were_added_survive_the_end_of_the_database(string how, bool kept)
    {
        using (var database = Schema.OpenForWriting(_data, _told.Add))
        {
            database.Run("INSERT INTO projects (root, added) VALUES ('/given', 0), ('/added', 1), ('/gone', 1)");
            database.Run("DELETE FROM projects WHERE root = '/gone'");
            if (kept)
            {
                AddedRoots.Keep(database, _data);
            }

            if (how == "of another build")
            {
                database.Run("CREATE TABLE surplus (x)");
            }
        }

        if (how == "removed")
        {
            File.Delete(Schema.PathIn(_data));
        }
        else if (how == "damaged")
        {
            // The table of projects stays readable.
            long page;
            using (var database = Open(Schema.PathIn(_data)))
            {
                page = (long)database.Scalar("SELECT rootpage FROM sqlite_schema WHERE name = 'changes'")!;
            }

            var bytes = File.ReadAllBytes(Schema.PathIn(_data));
            Array.Fill(bytes, (byte)0xAA, (int)(page - 1) * 4096, 4096);
            File.WriteAllBytes(Schema.PathIn(_data), bytes);
        }

        for (var start = 0; start < 2; start++)
        {
            using var database = Schema.OpenForWriting(_data, _told.Add);
            ShouldBeOfThisVersion(database);
            database.Rows("SELECT root FROM projects WHERE added = 1", row => row.GetString(0)).ShouldBe(["/added"]);
        }

        _told.Count.ShouldBe(how == "removed" ? 0 : 1);
    }

    [Fact]
    public void A_backup_that_a_killed_process_did_not_finish_goes_with_the_next_start()
    {
        string Name(string end) => Path.Combine(Backups.DirectoryIn(_data), $"index-v3-20261125T000000.000.db{end}");
        Directory.CreateDirectory(Backups.DirectoryIn(_data));
        foreach (var end in (string[])["", ".partial", ".partial-journal"])
        {
            File.WriteAllText(Name(end), "");
        }

        Schema.OpenForWriting(_data, _told.Add).Dispose();
        Directory.GetFiles(Backups.DirectoryIn(_data)).ShouldBe([Name("")]);
    }

    [Fact]
    public void Only_the_last_backups_are_kept()
    {
        using var database = Schema.OpenForWriting(_data, _told.Add);
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var made = Enumerable.Range(0, Backups.Kept + 2).Select(i => Backups.Make(database, _data, now.AddSeconds(i))).ToArray();
        Directory.GetFiles(Backups.DirectoryIn(_data)).Order().ShouldBe(made[2..]);
        // The clock was set back after those: the newest stays, though it bears the oldest time.
        foreach (var file in made[2..])
        {
            File.SetLastWriteTimeUtc(file, new(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        }

        File.Exists(Backups.Make(database, _data, now.AddYears(-1))).ShouldBeTrue();
        Directory.GetFiles(Backups.DirectoryIn(_data)).Length.ShouldBe(Backups.Kept);
    }

    private static void ShouldBeOfThisVersion(SqliteConnection database)
    {
        database.Scalar("PRAGMA user_version").ShouldBe((long)Schema.Version);
        Migrations.Difference(database, Schema.Create).ShouldBeNull();
    }

    private static SqliteConnection Open(string path)
    {
        var database = new SqliteConnection($"Data Source={path};Pooling=False");
        database.Open();
        return database;
    }

    private void Make(string sql)
    {
        using var database = Open(Schema.PathIn(_data));
        database.Run(sql);
    }
}
