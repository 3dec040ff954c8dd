using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace CodeAnalysisServer.Vectorization.Embedding;

/// <summary>How often an endpoint is asked again. Defaults are for a real one; tests are less patient.</summary>
public sealed record Patience
{
    /// <summary>After the first failure; it doubles from there, with jitter.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause, unless the endpoint asks for a longer one.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long nothing at all is asked after several failures in a row.</summary>
    public TimeSpan Break { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a request may take.</summary>
    public TimeSpan Request { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a text is tried before it becomes a dead letter.</summary>
    public int Tries { get; init; } = 3;

    /// <summary>Asks until the endpoint answers, however long that takes; only a text that is refused gets out. Several may use it at a time.</summary>
    /// <param name="told">Why it waits, and how long.</param>
    internal ResiliencePipeline<float[][]> Pipeline(Action<string, TimeSpan> told) => new ResiliencePipelineBuilder<float[][]>()
        .AddRetry(new RetryStrategyOptions<float[][]>
        {
            ShouldHandle = new PredicateBuilder<float[][]>().Handle<EndpointUnavailableException>().Handle<BrokenCircuitException>(),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = First,
            MaxDelay = Longest,
            DelayGenerator = arguments => ValueTask.FromResult(arguments.Outcome.Exception switch
            {
                EndpointUnavailableException { RetryAfter: { } wait } => wait,
                BrokenCircuitException { RetryAfter: { } wait } => wait > First ? wait : First,
                _ => (TimeSpan?)null,
            }),
            OnRetry = arguments =>
            {
                if (arguments.Outcome.Exception is EndpointUnavailableException unavailable)
                {
                    told(unavailable.Message, arguments.RetryDelay);
                }

                return ValueTask.CompletedTask;
            },
        })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<float[][]>
        {
            ShouldHandle = new PredicateBuilder<float[][]>().Handle<EndpointUnavailableException>(),
            FailureRatio = 1,
            MinimumThroughput = 5,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDuration = Break,
        })
        .Build();
}
