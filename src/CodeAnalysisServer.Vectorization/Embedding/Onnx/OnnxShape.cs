using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace CodeAnalysisServer.Vectorization.Embedding.Onnx;

/// <summary>An input of a model, and how it is made of tokens.</summary>
internal sealed record OnnxInput(string Name, bool Long)
{
    /// <summary>The input's value; the caller disposes of it.</summary>
    public OrtValue Value(TokenBatch batch)
    {
        var numbers = Name switch
        {
            OnnxShape.Ids => batch.Ids,
            OnnxShape.Mask => batch.Mask,
            _ => new int[batch.Ids.Length],
        };
        long[] shape = [batch.Count, batch.Width];
        return Long ? OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(numbers, number => (long)number), shape) : OrtValue.CreateTensorValueFromMemory(numbers, shape);
    }
}

/// <summary>What a model takes and gives, as it says itself.</summary>
/// <param name="Inputs">All that it wants.</param>
/// <param name="Output">The one that is read.</param>
/// <param name="Batch">How many texts at a time.</param>
/// <param name="Width">How many tokens a text must have; null when any number will do.</param>
internal sealed record OnnxShape(IReadOnlyList<OnnxInput> Inputs, string Output, int Batch, int? Width)
{
    public const string Ids = "input_ids", Mask = "attention_mask", Kinds = "token_type_ids";

    // What sentence-transformers calls it; others put their only or most useful one first.
    private const string Sentence = "sentence_embedding";

    // 8 texts of 512 tokens need about 100 MB in a model with 12 heads.
    private const int MostTexts = 8;

    /// <exception cref="FormatException">It is none of text embeddings.</exception>
    public static OnnxShape Of(InferenceSession session, string path)
    {
        var inputs = session.InputMetadata;
        if (!inputs.ContainsKey(Ids) || inputs.Keys.FirstOrDefault(name => name is not (Ids or Mask or Kinds)) is not null)
        {
            throw new FormatException($"the model '{path}' has the inputs {string.Join(", ", inputs.Keys)}; it must have {Ids}, may have {Mask} and {Kinds}, and no others: use a BERT-like model of text embeddings");
        }

        if (inputs.FirstOrDefault(input => input.Value.ElementDataType is not (TensorElementType.Int64 or TensorElementType.Int32) || input.Value.Dimensions.Length != 2) is { Key: { } odd, Value: var told })
        {
            throw new FormatException($"the model's input {odd} is {told.ElementDataType} in {told.Dimensions.Length} dimensions; whole numbers (int64 or int32) in two, texts and tokens, can be given");
        }

        var output = session.OutputMetadata.ContainsKey(Sentence) ? Sentence : session.OutputNames[0];
        var numbers = session.OutputMetadata[output];
        if (numbers.ElementDataType != TensorElementType.Float || numbers.Dimensions.Length is not (2 or 3))
        {
            throw new FormatException($"the model's output {output} is {numbers.ElementDataType} in {numbers.Dimensions.Length} dimensions; float32 in two (a vector a text) or three (one a token) can be read");
        }

        var (texts, tokens) = (inputs[Ids].Dimensions[0], inputs[Ids].Dimensions[1]);
        return texts is > 1
            ? throw new FormatException($"the model '{path}' wants exactly {texts} texts at a time; export it with a free batch size, or with 1")
            : new([.. inputs.Select(input => new OnnxInput(input.Key, input.Value.ElementDataType == TensorElementType.Int64))], output, texts == 1 ? 1 : MostTexts, tokens > 0 ? tokens : null);
    }
}
