using System.Numerics.Tensors;
using Microsoft.Extensions.AI;
using Microsoft.ML.OnnxRuntime;
using WorkerManagement.Posix;

namespace CodeAnalysisServer.Vectorization.Embedding.Onnx;

/// <summary>Embeddings of a model in this process, by the ONNX Runtime on the processor. Thread-safe.</summary>
internal sealed class OnnxGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly InferenceSession _session;
    private readonly OnnxShape _shape;
    private readonly TokenBatches _tokens;

    // From 1.31 on the library reports its use to its maker's server, and leaves a file in the temporary directory. It reads this when it is loaded.
    static OnnxGenerator() => ProcessControl.SetNativeEnvironment("ORT_DISABLE_TELEMETRY", "1");

    private OnnxGenerator(InferenceSession session, OnnxShape shape, TokenBatches tokens) => (_session, _shape, _tokens) = (session, shape, tokens);

    /// <summary>Loads a model.</summary>
    /// <exception cref="FormatException">It cannot be used; the message says why.</exception>
    public static OnnxGenerator Load(OnnxFiles files)
    {
        InferenceSession? session = null;
        try
        {
            // What it logs as an error, it throws too.
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            // Threads that wait for the next text must not use the processor meanwhile.
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            session = new(files.Model, options);
            var shape = OnnxShape.Of(session, files.Model);
            var generator = new OnnxGenerator(session, shape, new(files, shape));
            session = null;
            return generator;
        }
        catch (OnnxRuntimeException exception)
        {
            throw new FormatException($"'{files.Model}' is no ONNX model that can be loaded: {exception.Message.ReplaceLineEndings(" ")}; its weights must be in that one file", exception);
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException)
        {
            throw new FormatException($"the ONNX Runtime cannot be loaded on this machine: {(exception.InnerException ?? exception).Message}; use another embedding", exception);
        }
        finally
        {
            session?.Dispose();
        }
    }

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => new GeneratedEmbeddings<Embedding<float>>(values.Chunk(_shape.Batch).SelectMany(texts => Run(texts, cancellationToken)).Select(vector => new Embedding<float>(vector))), cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => _session.Dispose();

    private float[][] Run(string[] texts, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var batch = _tokens.Of(texts);
        var inputs = _shape.Inputs.ToDictionary(input => input.Name, input => input.Value(batch));
        try
        {
            using var options = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            using var given = cancellationToken.Register(() => options.Terminate = true);
            using var outputs = _session.Run(options, inputs, [_shape.Output]);
            return Vectors(outputs[0], batch);
        }
        catch (OnnxRuntimeException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new TextsRefusedException($"the model fails: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
        finally
        {
            foreach (var input in inputs.Values)
            {
                input.Dispose();
            }
        }
    }

    // One vector a text as it is; one a token: the mean of those that are no padding.
    private static float[][] Vectors(OrtValue output, TokenBatch batch)
    {
        var shape = output.GetTensorTypeAndShape().Shape;
        if (shape[0] != batch.Count || (shape.Length == 3 && shape[1] != batch.Width) || shape.Length is not (2 or 3))
        {
            throw new TextsRefusedException($"the model answers {string.Join(" × ", shape)} numbers to {batch.Count} texts of {batch.Width} tokens");
        }

        var numbers = output.GetTensorDataAsSpan<float>();
        var length = (int)shape[^1];
        var vectors = new float[batch.Count][];
        for (var i = 0; i < vectors.Length; i++)
        {
            vectors[i] = new float[length];
            if (shape.Length == 2)
            {
                numbers.Slice(i * length, length).CopyTo(vectors[i]);
                continue;
            }

            for (var token = 0; token < batch.Lengths[i]; token++)
            {
                TensorPrimitives.Add(vectors[i], numbers.Slice(((i * batch.Width) + token) * length, length), vectors[i]);
            }

            TensorPrimitives.Divide(vectors[i], batch.Lengths[i], vectors[i]);
        }

        return vectors;
    }
}
