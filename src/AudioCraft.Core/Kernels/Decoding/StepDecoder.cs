using AudioCraft.LanguageModel;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>
/// Takes one step of a language model at a time, on a CPU in plain memory: what the modules compute, but with all threads together from the step's tokens to its logits,
/// nothing allocated, and each weight read once. It shares its state with the modules, which take the steps that it does not: those of a prompt.
/// </summary>
/// <remarks>For models like the released ones: normalisation first, sinusoidal positions, conditions by cross attention or none.</remarks>
internal sealed unsafe class StepDecoder : IDisposable
{
    /// <summary>Up to this many rows of activations products that meet one pair of them after the other are the fastest with float32 weights.</summary>
    private const int FewRows = 8;

    private readonly LMConfig config;
    private readonly TransformerState state;
    private readonly StepWeights weights;
    private readonly StepAttention attention;
    private readonly int rows;
    private readonly int dim;
    private readonly int threads;
    private readonly MatrixInput[] prepared;
    private readonly PlainMemory memory = new();
    private readonly float*[] scratch;
    private readonly float* x;
    private readonly float* wide;
    private readonly float* attended;
    private readonly float* added;
    private readonly float* logits;
    private readonly SpinBarrier barrier;
    private readonly Action<int, int> work;
    private long[] tokens = [];
    private long step;

    private StepDecoder(LMConfig config, TransformerState state, StepWeights weights, int rows)
    {
        (this.config, this.state, this.weights, this.rows, dim) = (config, state, weights, rows, config.Dim);
        threads = Math.Min(get_num_threads(), Environment.ProcessorCount);
        attention = new StepAttention(state, config.NumHeads, dim / config.NumHeads);
        x = memory.Floats(rows * dim);
        wide = memory.Floats(rows * Math.Max(3 * dim, config.FeedForwardDim));
        attended = memory.Floats(rows * dim);
        added = memory.Floats(rows * dim);
        logits = memory.Floats(rows * config.NumCodebooks * config.Cardinality);
        prepared = [.. Enumerable.Range(0, threads).Select(_ => new MatrixInput())];
        scratch = new float*[threads];
        for (var i = 0; i < threads; i++)
        {
            scratch[i] = memory.Floats(Math.Max(rows * dim, attention.LongestSight));
        }

        barrier = new SpinBarrier(threads);
        work = Work;
    }

    /// <summary>A decoder that goes on from a state; null for models or weights that are not its kind.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="state">The state, which stays the caller's and must outlive the decoder.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="weights">The model's weights, or null where they are not float32, or packed, on the CPU.</param>
    public static StepDecoder? TryCreate(LMConfig config, TransformerState state, int rows, StepWeights? weights)
    {
        var isItsKind = config.NormFirst && config.LayerScale is null && !config.QueryKeyNorm && !config.QueryKeyNormCross && config.KeyValueRepeat == 1
            && config.PastContext is null && config.Positions == LMPositions.Sinusoidal && state.PaddingMask is null && StepAttention.Takes(state);
        return isItsKind && weights is not null && (rows <= FewRows || weights.Layers[0].Up.Matrix is not Float32Matrix)
            ? new StepDecoder(config, state, weights, rows)
            : null;
    }

    /// <summary>Takes the next step.</summary>
    /// <param name="stepTokens">Tokens [rows, K].</param>
    /// <param name="result">Gets the logits [rows, K, card] of the step after it.</param>
    public void Step(long[] stepTokens, Span<float> result)
    {
        if (state.Length >= state.MaxSteps)
        {
            throw new InvalidOperationException($"1 step does not fit after {state.Length} of {state.MaxSteps}.");
        }

        (tokens, step) = (stepTokens, state.Length);
        attention.Reserve();
        ThreadTeam.Shared.Run(threads, work, together: true);
        new ReadOnlySpan<float>(logits, result.Length).CopyTo(result);
    }

    public void Dispose()
    {
        memory.Dispose();
        foreach (var activations in prepared)
        {
            activations.Dispose();
        }
    }

    // What every thread does, each for its share of the outputs or heads. Normalisation is short enough for each to do it all, which saves a meeting.
    private void Work(int part, int parts)
    {
        Embed(part, parts);
        Meet(parts);
        for (var i = 0; i < weights.Layers.Length; i++)
        {
            var layer = weights.Layers[i];
            Apply(layer.Projection, Normalized(layer.SelfNorm, part), dim, 3 * dim, part, parts);
            Meet(parts);
            attention.Self(i, wide, attended, rows, scratch[part], part, parts);
            Meet(parts);
            Add(layer.Output, attended, dim, part, parts);
            Meet(parts);
            if (layer.CrossProjection is not null)
            {
                Apply(layer.CrossProjection, Normalized(layer.CrossNorm!, part), dim, dim, part, parts);
                Meet(parts);
                attention.Cross(i, wide, attended, rows, scratch[part], part, parts);
                Meet(parts);
                Add(layer.CrossOutput!, attended, dim, part, parts);
                Meet(parts);
            }

            var (from, to) = Apply(layer.Up, Normalized(layer.FeedForwardNorm, part), dim, config.FeedForwardDim, part, parts);
            Activate(from, to);
            Meet(parts);
            Add(layer.Down, wide, config.FeedForwardDim, part, parts);
            Meet(parts);
        }

        Predict(Normalized(weights.OutNorm, part), part, parts);
    }

    private void Meet(int parts)
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
            new ReadOnlySpan<float>(attention.Position(row, step) + from, to - from).CopyTo(own);
            for (var k = 0; k < config.NumCodebooks; k++)
            {
                var embedding = weights.Embeddings[k] + (tokens[(row * config.NumCodebooks) + k] * dim) + from;
                VectorMath.Add(own, new ReadOnlySpan<float>(embedding, to - from));
            }
        }
    }

    private float* Normalized(NormView norm, int part)
    {
        norm.Apply(x, scratch[part], rows, dim);
        return scratch[part];
    }

    /// <summary>A share of the outputs of a linear layer, into <see cref="wide"/>; says which.</summary>
    private (int From, int To) Apply(AffineView layer, float* input, int inputs, int outputs, int part, int parts)
    {
        var (from, to) = Share(outputs, part, parts);
        layer.Apply(prepared[part].Set(input, rows, inputs), wide, outputs, from, to);
        return (from, to);
    }

    /// <summary>Adds a share of the outputs of a linear layer to the residual stream.</summary>
    private void Add(AffineView layer, float* input, int inputs, int part, int parts)
    {
        var (from, to) = Share(dim, part, parts);
        layer.Apply(prepared[part].Set(input, rows, inputs), added, dim, from, to);
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
        var activations = prepared[part].Set(normalized, rows, dim);
        var (from, to) = Share(stride, part, parts);
        for (var k = 0; k < config.NumCodebooks; k++)
        {
            var first = k * config.Cardinality;
            weights.Heads[k].Apply(
                activations, logits + first, stride, Math.Clamp(from - first, 0, config.Cardinality), Math.Clamp(to - first, 0, config.Cardinality));
        }
    }

    // Shares begin where lines of the cache do, so that threads do not write to the same.
    private static (int From, int To) Share(int count, int part, int parts)
    {
        const int line = 16;
        int Start(int index) => index == parts ? count : (int)((long)count * index / parts) / line * line;
        return (Start(part), Start(part + 1));
    }
}
