using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace CodeAnalysisServer.Vectorization.Embedding.Onnx;

/// <summary>Texts as tokens, a row each, filled up to the same width.</summary>
internal sealed record TokenBatch(int[] Ids, int[] Mask, int[] Lengths, int Width)
{
    public int Count => Lengths.Length;
}

/// <summary>Cuts texts into the tokens that a model knows, and off at its length. Thread-safe.</summary>
internal sealed class TokenBatches
{
    // BERT's own; settings above this are "as long as you like" in words.
    private const int UsualLength = 512, LongestLength = 8192;

    private readonly BertTokenizer _tokenizer;
    private readonly int _length;
    private readonly int? _width;

    /// <exception cref="FormatException">The vocabulary or the settings cannot be used.</exception>
    public TokenBatches(OnnxFiles files, OnnxShape shape)
    {
        var (lowerCase, longest) = Settings(files.Settings);
        (_width, _length) = (shape.Width, shape.Width ?? longest);
        try
        {
            _tokenizer = BertTokenizer.Create(files.Vocabulary, new() { LowerCaseBeforeTokenization = lowerCase, RemoveNonSpacingMarks = lowerCase });
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException($"'{files.Vocabulary}' is no vocabulary of BERT's WordPiece, one token a line with [UNK], [CLS], [SEP] and [PAD] among them: {exception.Message}", exception);
        }
    }

    public TokenBatch Of(IReadOnlyList<string> texts)
    {
        var rows = texts.Select(text => _tokenizer.EncodeToIds(text, _length, addSpecialTokens: true, out _, out _)).ToArray();
        var width = _width ?? rows.Max(row => row.Count);
        var batch = new TokenBatch(new int[rows.Length * width], new int[rows.Length * width], Array.ConvertAll(rows, row => row.Count), width);
        Array.Fill(batch.Ids, _tokenizer.PaddingTokenId);
        for (var i = 0; i < rows.Length; i++)
        {
            for (var token = 0; token < rows[i].Count; token++)
            {
                batch.Ids[(i * width) + token] = rows[i][token];
            }

            batch.Mask.AsSpan(i * width, rows[i].Count).Fill(1);
        }

        return batch;
    }

    private static (bool LowerCase, int Longest) Settings(string path)
    {
        if (!File.Exists(path))
        {
            return (true, UsualLength);
        }

        try
        {
            using var settings = JsonDocument.Parse(File.ReadAllBytes(path));
            var lowerCase = !settings.RootElement.TryGetProperty("do_lower_case", out var lower) || lower.ValueKind != JsonValueKind.False;
            return (lowerCase, settings.RootElement.TryGetProperty("model_max_length", out var most) && most.TryGetDouble(out var length) && length is >= 3 and <= LongestLength ? (int)length : UsualLength);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FormatException($"'{path}' is not a tokenizer's settings in JSON: {exception.Message}", exception);
        }
    }
}
