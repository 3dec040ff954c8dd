using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Vectors;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Tests;

/// <summary>The matrix beside the table: as exact, never wrong, and never needed.</summary>
public sealed class VectorIndexTests : IDisposable
{
    private const int Dimensions = 40;

    private readonly string _data = Directory.CreateTempSubdirectory("v-").FullName;
    private readonly SqliteConnection _database;
    private readonly VectorIndex _index;
    private readonly VectorIndexWriter _writer;
    private readonly Random _random = new(7);

    public VectorIndexTests()
    {
        _database = Schema.OpenForWriting(_data, _ => { });
        (_index, _writer) = (new(_data), new(_data));
        _database.Run("INSERT INTO models (name, dimensions, state) VALUES ('m', $1, 'answering')", Dimensions);
    }

    private EmbeddingModel Model => EmbeddingModel.Answering(_database).ShouldNotBeNull();

    private string[] Files => [.. VectorFile.Chain(VectorFile.DirectoryOf(_data, Model.Uid))];

    [Fact]
    public void The_matrix_answers_exactly_as_a_plain_loop_does()
    {
        Add(VectorIndexWriter.LeftInTable * 2);
        _writer.Update(_database, Model).ShouldBeTrue();
        Add(100);
        for (var i = 0; i < 50; i++)
        {
            var query = Vector();
            var expected = Plain(query, 10);
            _index.Search(_database, Model, query, 10).Select(found => found.Id).ShouldBe(expected.Select(found => found.Id));
        }

        _index.Mapped.ShouldBe(VectorIndexWriter.LeftInTable * 2);
    }

    [Fact]
    public void Equal_and_zero_vectors_are_in_order()
    {
        var one = Vector();
        Insert([.. Enumerable.Repeat(one, VectorIndexWriter.LeftInTable), new float[Dimensions]]);
        _writer.Update(_database, Model).ShouldBeTrue();
        Insert([one]);
        _index.Search(_database, Model, one, 5).Select(found => found.Id).ShouldBe([1L, 2, 3, 4, 5]);
        _index.Search(_database, Model, one, 5000).Count.ShouldBe(VectorIndexWriter.LeftInTable + 1);
    }

    [Fact]
    public void Files_are_few_however_often_something_is_added()
    {
        for (var i = 0; i < 12; i++)
        {
            Add(VectorIndexWriter.LeftInTable);
            _writer.Update(_database, Model).ShouldBeTrue();
            Files.Length.ShouldBeLessThan(5);
        }

        _index.Search(_database, Model, Vector(), 10).Count.ShouldBe(10);
        _index.Mapped.ShouldBe(VectorIndexWriter.LeftInTable * 12);
        Directory.GetFiles(VectorFile.DirectoryOf(_data, Model.Uid)).Length.ShouldBe(Files.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(70)]
    [InlineData(20_000)]
    [InlineData(-1)]
    public void One_wrong_bit_anywhere_costs_the_file_but_no_answer(int at)
    {
        Add(VectorIndexWriter.LeftInTable);
        _writer.Update(_database, Model);
        var file = Files.ShouldHaveSingleItem();
        var content = File.ReadAllBytes(file);
        content[at < 0 ? content.Length + at : at] ^= 1;
        File.WriteAllBytes(file, content);
        var query = Vector();
        _index.Search(_database, Model, query, 10).Select(found => found.Id).ShouldBe(Plain(query, 10).Select(found => found.Id));
        _index.Mapped.ShouldBe(0);
        File.Exists(file).ShouldBeFalse();
        _writer.Update(_database, Model).ShouldBeTrue();
        _index.Search(_database, Model, query, 10).Select(found => found.Id).ShouldBe(Plain(query, 10).Select(found => found.Id));
        _index.Mapped.ShouldBe(VectorIndexWriter.LeftInTable);
    }

    [Fact]
    public void A_torn_or_foreign_or_unfinished_file_goes_at_the_next_start()
    {
        Add(VectorIndexWriter.LeftInTable);
        _writer.Update(_database, Model);
        var file = Files.ShouldHaveSingleItem();
        using (var torn = File.OpenWrite(file))
        {
            torn.SetLength(torn.Length / 2);
        }

        File.WriteAllText(file + ".unfinished", "half");
        Directory.CreateDirectory(Path.Combine(_data, "vectors", "of-a-former-database"));
        new VectorIndexWriter(_data).Clean(_database).ShouldHaveSingleItem().ShouldContain("is damaged");
        Directory.GetFileSystemEntries(Path.Combine(_data, "vectors"), "*", SearchOption.AllDirectories).ShouldBe([VectorFile.DirectoryOf(_data, Model.Uid)]);
    }

    [Fact]
    public void Vectors_that_went_away_fall_out_of_the_files()
    {
        Add(VectorIndexWriter.LeftInTable * 2);
        _writer.Update(_database, Model);
        _database.Run("DELETE FROM vectors WHERE id % 2 = 0");
        _writer.Update(_database, Model, rowsWentAway: true).ShouldBeTrue();
        using var fresh = new VectorIndex(_data);
        fresh.Search(_database, Model, Vector(), 10).ShouldAllBe(found => found.Id % 2 == 1);
        fresh.Mapped.ShouldBe(VectorIndexWriter.LeftInTable);
    }

    [Fact]
    public async Task Searches_go_on_while_files_are_merged()
    {
        Add(VectorIndexWriter.LeftInTable);
        _writer.Update(_database, Model);
        using var done = new CancellationTokenSource();
        // A connection is for one thread: asked for here, not by the searching ones.
        var model = Model;
        var searching = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            using var reading = Schema.TryOpenForReading(_data)!;
            var (searches, query) = (0, Vector(new Random(3)));
            while (!done.IsCancellationRequested || searches == 0)
            {
                _index.Search(reading, model, query, 10).Count.ShouldBe(10);
                searches++;
            }
        })).ToArray();
        for (var i = 0; i < 6; i++)
        {
            Add(VectorIndexWriter.LeftInTable);
            _writer.Update(_database, Model).ShouldBeTrue();
        }

        await done.CancelAsync();
        await Task.WhenAll(searching);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(384)]
    [InlineData(3072)]
    public void Codes_are_never_further_from_the_truth_than_they_say(int dimensions)
    {
        for (var i = 0; i < 200; i++)
        {
            var (vector, query) = (Vector(_random, dimensions), Vector(_random, dimensions));
            var codes = new sbyte[Int8.Stride(dimensions)];
            var (scale, lost) = Int8.Encode(vector, codes);
            var (queryCodes, queryScale, queryLost) = Int8.EncodeQuery(query);
            var near = scale * queryScale * Int8.Dot(codes, queryCodes);
            Math.Abs(near - TensorPrimitives.Dot<float>(vector, query)).ShouldBeLessThanOrEqualTo(((1.001f + lost) * queryLost) + lost + 1e-5f);
        }
    }

    public void Dispose()
    {
        _index.Dispose();
        _database.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private static float[] Vector(Random random, int dimensions = Dimensions)
    {
        var vector = Enumerable.Range(0, dimensions).Select(_ => (float)((random.NextDouble() * 2) - 1)).ToArray();
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        return vector;
    }

    private float[] Vector() => Vector(_random);

    private void Add(int count) => Insert([.. Enumerable.Range(0, count).Select(_ => Vector())]);

    private void Insert(float[][] vectors)
    {
        using var transaction = _database.BeginTransaction();
        foreach (var vector in vectors)
        {
            _database.Run("INSERT INTO vectors (model_id, hash, embedding) VALUES (1, lower(hex(randomblob(16))), $1)", MemoryMarshal.AsBytes<float>(vector).ToArray());
        }

        transaction.Commit();
    }

    private List<(long Id, float Likeness)> Plain(float[] query, int count) => [.. _database
        .Rows("SELECT id, embedding FROM vectors", row => (Id: row.GetInt64(0), Likeness: TensorPrimitives.Dot<float>(query, MemoryMarshal.Cast<byte, float>(row.GetFieldValue<byte[]>(1)))))
        .Where(row => row.Likeness > 0).OrderByDescending(row => row.Likeness).ThenBy(row => row.Id).Take(count)];
}
