using AudioCraft.Kernels;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>
/// The CPU kernel of one decoding step: it computes what the modules compute, but runs all threads from the step's tokens to its logits without returning to
/// libtorch, allocates nothing and reads each weight once. It shares the state with the modules, which compute the steps of a prompt.
/// </summary>
/// <remarks>
/// The modules also compute the steps of models that it does not support: those that normalize after each block, scale their layers, normalize queries and keys or
/// add conditions to every step.
/// </remarks>
internal sealed unsafe class StepDecoder : IDisposable
{
    /// <summary>The largest batch with float32 weights. The kernel multiplies two rows at a time; for more rows a general matrix product is faster.</summary>
    private const int MaxRows = 32;

    private readonly LMConfig config;
    private readonly TransformerState state;
    private readonly StepWeights weights;
    private readonly StepAttention attention;
    private readonly int rows;
    private readonly int dim;
    private readonly int projected;
    private readonly int threads;
    private readonly MatrixInput[] matrixInputs;
    private readonly NativeArena memory = new();
    private readonly float*[] scratch;
    private readonly float* x;
    private readonly float* wide;
    private readonly float* attended;
    private readonly float* added;
    private readonly float* logits;
    private readonly SpinBarrier barrier;
    private readonly Action<int, int> work;
    private long[] tokens = [];

    private StepDecoder(LMConfig config, TransformerState state, StepWeights weights, int rows)
    {
        (this.config, this.state, this.weights, this.rows, dim) = (config, state, weights, rows, config.Dim);
        threads = Math.Min(get_num_threads(), Environment.ProcessorCount);
        projected = dim + (2 * dim / config.KeyValueRepeat);
        attention = new StepAttention(state, config.NumHeads, dim / config.NumHeads, config.KeyValueRepeat);
        x = memory.Floats((long)rows * dim);
        wide = memory.Floats((long)rows * Math.Max(projected, config.FeedForwardDim));
        attended = memory.Floats((long)rows * dim);
        added = memory.Floats((long)rows * dim);
        logits = memory.Floats((long)rows * config.NumCodebooks * config.Cardinality);
        matrixInputs = [.. Enumerable.Range(0, threads).Select(_ => new MatrixInput())];
        scratch = new float*[threads];
        for (var i = 0; i < threads; i++)
        {
            scratch[i] = memory.Floats(Math.Max((long)rows * dim, attention.MaxKeys));
        }

        barrier = new SpinBarrier(threads);
        work = Work;
    }

    /// <summary>Creates a decoder that continues from a state; null for models, weights and batches that it does not support, and for logits larger than a span.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="state">The state. It remains the caller's and must outlive the decoder.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="weights">The model's weights; null if they are not float32 or packed on the CPU.</param>
    public static StepDecoder? TryCreate(LMConfig config, TransformerState state, int rows, StepWeights? weights)
    {
        var isSupported = config.NormFirst && config.LayerScale is null && !config.QueryKeyNorm && !config.QueryKeyNormCross && StepAttention.Supports(state)
            && (long)rows * config.NumCodebooks * config.Cardinality <= int.MaxValue;
        return isSupported && weights is not null && (rows <= MaxRows || weights.Layers[0].Up.Matrix is not Float32Matrix)
            ? new StepDecoder(config, state, weights, rows)
            : null;
    }

    /// <summary>Computes the next step.</summary>
    /// <param name="stepTokens">Tokens [rows, K].</param>
    /// <param name="result">Receives the logits [rows, K, cardinality] of the following step.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="InvalidOperationException">The state has no room for another step.</exception>
    public void Step(long[] stepTokens, Span<float> result)
    {
        if (stepTokens.Length != (long)rows * config.NumCodebooks || result.Length != (long)rows * config.NumCodebooks * config.Cardinality)
        {
            throw new ArgumentException(
                $"{stepTokens.Length} tokens and {result.Length} logits do not fit {rows} rows of {config.NumCodebooks} codebooks of {config.Cardinality} entries.", nameof(stepTokens));
        }

        if (state.Length >= state.MaxSteps)
        {
            throw new InvalidOperationException($"1 step does not fit after {state.Length} of {state.MaxSteps}.");
        }

        tokens = stepTokens;
        attention.Reserve();
        ThreadTeam.Shared.Run(threads, work, usesBarrier: true);
        new ReadOnlySpan<float>(logits, result.Length).CopyTo(result);
    }

    public void Dispose()
    {
        memory.Dispose();
        foreach (var input in matrixInputs)
        {
            input.Dispose();
        }
    }

    // Runs on every thread, each with its share of the outputs or heads. Each thread normalizes all rows itself: that is shorter than another barrier.
    private void Work(int part, int parts)
    {
        Embed(part, parts);
        Synchronize(parts);
        for (var i = 0; i < weights.Layers.Length; i++)
        {
            var layer = weights.Layers[i];
            Apply(layer.Projection, Normalized(layer.SelfNorm, part), dim, projected, part, parts);
            Synchronize(parts);
            attention.Self(i, wide, attended, rows, scratch[part], part, parts);
            Synchronize(parts);
            Add(layer.Output, attended, dim, part, parts);
            Synchronize(parts);
            if (layer.CrossProjection is not null)
            {
                Apply(layer.CrossProjection, Normalized(layer.CrossNorm!, part), dim, dim, part, parts);
                Synchronize(parts);
                attention.Cross(i, wide, attended, rows, scratch[part], part, parts);
                Synchronize(parts);
                Add(layer.CrossOutput!, attended, dim, part, parts);
                Synchronize(parts);
            }

            var (from, to) = Apply(layer.Up, Normalized(layer.FeedForwardNorm, part), dim, config.FeedForwardDim, part, parts);
            Activate(from, to);
            Synchronize(parts);
            Add(layer.Down, wide, config.FeedForwardDim, part, parts);
            Synchronize(parts);
        }

        Predict(Normalized(weights.OutNorm, part), part, parts);
    }

    private void Synchronize(int parts)
    {
        if (parts > 1)
        {
            barrier.Wait();
        }
    }

    private void Embed(int part, int parts)
    {
        var (from, to) = Share(dim, part, parts);
        for (var row = 0; row < rows; row++)
        {
            var own = new Span<float>(x + ((long)row * dim) + from, to - from);
            var position = attention.Position(row);
            if (position is not null)
            {
                new ReadOnlySpan<float>(position + from, to - from).CopyTo(own);
            }
            else
            {
                own.Clear();
            }

            for (var k = 0; k < config.NumCodebooks; k++)
            {
                var embedding = weights.Embeddings[k] + (tokens[(row * config.NumCodebooks) + k] * dim) + from;
                VectorMath.Add(own, new ReadOnlySpan<float>(embedding, to - from));
            }
        }
    }

    private float* Normalized(LayerNormView norm, int part)
    {
        norm.Apply(x, scratch[part], rows, dim);
        return scratch[part];
    }

    /// <summary>Computes a share of the outputs of a linear layer into <see cref="wide"/> and returns its range.</summary>
    private (int From, int To) Apply(LinearView layer, float* input, int inputs, int outputs, int part, int parts)
    {
        var (from, to) = Share(outputs, part, parts);
        layer.Apply(matrixInputs[part].Set(input, rows, inputs), wide, outputs, from, to);
        return (from, to);
    }

    /// <summary>Computes a share of the outputs of a linear layer and adds it to the residual stream.</summary>
    private void Add(LinearView layer, float* input, int inputs, int part, int parts)
    {
        var (from, to) = Share(dim, part, parts);
        layer.Apply(matrixInputs[part].Set(input, rows, inputs), added, dim, from, to);
        for (var row = 0; row < rows; row++)
        {
            var start = ((long)row * dim) + from;
            VectorMath.Add(new Span<float>(x + start, to - from), new ReadOnlySpan<float>(added + start, to - from));
        }
    }

    private void Activate(int from, int to)
    {
        for (var row = 0; row < rows; row++)
        {
            var own = new Span<float>(wide + ((long)row * config.FeedForwardDim) + from, to - from);
            if (config.Activation == LMActivation.Gelu)
            {
                VectorMath.Gelu(own);
            }
            else
            {
                VectorMath.Relu(own);
            }
        }
    }

    private void Predict(float* normalized, int part, int parts)
    {
        var stride = config.NumCodebooks * config.Cardinality;
        var input = matrixInputs[part].Set(normalized, rows, dim);
        var (from, to) = Share(stride, part, parts);
        for (var k = 0; k < config.NumCodebooks; k++)
        {
            var first = k * config.Cardinality;
            weights.Heads[k].Apply(
                input, logits + first, stride, Math.Clamp(from - first, 0, config.Cardinality), Math.Clamp(to - first, 0, config.Cardinality));
        }
    }

    // Shares begin at cache lines, so that no two threads write to the same line.
    private static (int From, int To) Share(int count, int part, int parts)
    {
        const int line = 16;
        int Start(int index) => index == parts ? count : (int)((long)count * index / parts) / line * line;
        return (Start(part), Start(part + 1));
    }
}
