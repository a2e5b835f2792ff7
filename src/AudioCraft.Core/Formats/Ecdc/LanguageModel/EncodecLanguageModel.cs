using AudioCraft.Formats;
using AudioCraft.Layers;
using AudioCraft.Quantization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft;

/// <summary>
/// encodec's small language model (Défossez et al. 2022, section 3.3; encodec/model.py): the probability of each code of the next step, given the previous ones.
/// With it an <c>.ecdc</c> file is up to 40 % smaller. It predicts all codebooks of a step at once.
/// </summary>
/// <remarks>
/// <para>
/// The probabilities are part of the <c>.ecdc</c> format: a reader must compute exactly those of the writer. So the model does not use libtorch's operators, whose sums depend on the number
/// of threads, the processor and the version. It computes in float32 with additions, multiplications, divisions and square roots in a fixed order, and with its own exponential,
/// error and trigonometric functions.
/// </para>
/// <para>
/// Guaranteed: the same weights and indices give the same bits with any number of threads, with all steps in one call or in several, on every processor, operating system
/// and device, and with every version of libtorch. A version of this library that changes the arithmetic will say so, because files of earlier versions cannot be read then.
/// Native code that changes a thread's floating-point mode (flushing subnormal numbers to zero) is the exception: results may then differ.
/// </para>
/// <para>
/// Not guaranteed: the bits of upstream's Python model. The probabilities agree with its within 1e-6 of the largest, which is not enough to read its files reliably; see <see cref="EcdcFile"/>.
/// </para>
/// <para>It always computes on the CPU. Weights on another device or of another type are copied when a stream begins.</para>
/// </remarks>
public sealed class EncodecLanguageModel : Module<Tensor, EncodecLanguageModelState, Tensor>
{
    private readonly TransformerParameters transformer;
    private readonly ModuleList<EmbeddingParameters> emb;
    private readonly ModuleList<LinearParameters> linears;

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="config">The sizes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range; the message names it.</exception>
    public EncodecLanguageModel(EncodecLanguageModelConfig config) : base(nameof(EncodecLanguageModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        transformer = new TransformerParameters(config);
        emb = new ModuleList<EmbeddingParameters>([.. Enumerable.Range(0, config.Codebooks).Select(_ => new EmbeddingParameters(config.Cardinality + 1, config.Dimension))]);
        linears = new ModuleList<LinearParameters>([.. Enumerable.Range(0, config.Codebooks).Select(_ => new LinearParameters(config.Dimension, config.Cardinality))]);
        RegisterComponents();
    }

    /// <summary>The sizes.</summary>
    public EncodecLanguageModelConfig Config { get; }

    /// <summary>
    /// Loads the model that belongs to a codec: upstream's <c>encodec_lm_24khz-1608e3c0.th</c> and <c>encodec_lm_48khz-7add9fc3.th</c>, or the same tensors as safetensors.
    /// Sizes are taken from the tensors; the context is 3.5 s of the codec's frames.
    /// </summary>
    /// <param name="path">The file. If its name contains the beginning of a SHA-256, as upstream's do, it is checked.</param>
    /// <param name="codec">The codec.</param>
    /// <param name="heads">The number of attention heads, which the tensors do not determine; 8 in the released models.</param>
    /// <exception cref="CheckpointException">The file is damaged, is not such a model, or belongs to another codec.</exception>
    /// <exception cref="ArgumentException">The dimension is not a multiple of the heads.</exception>
    public static EncodecLanguageModel GetPretrained(string path, EncodecModel codec, int heads = 8) => EncodecLanguageModelLoader.Load(path, codec, heads);

    /// <summary>Starts a stream.</summary>
    public EncodecLanguageModelState NewState() => new(this, new EncodecLanguageModelWeights(Config, emb, transformer, linears));

    /// <summary>Computes the next steps of a stream.</summary>
    /// <param name="indices">
    /// int64 [B, K, T], K at most <see cref="EncodecLanguageModelConfig.Codebooks"/>: at each step the codes of the previous step plus 1; 0 at the first step.
    /// </param>
    /// <param name="state">The position, from <see cref="NewState"/> of this model; it advances by T. The batch size of a stream is constant.</param>
    /// <returns>Probabilities [B, cardinality, K, T] on the device of <paramref name="indices"/>. The caller owns them.</returns>
    /// <exception cref="ArgumentException">The shape or type is different, an index is out of range, or the state belongs to another model.</exception>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    public override Tensor forward(Tensor indices, EncodecLanguageModelState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        TensorChecks.Codes(indices, nameof(indices), Config.Codebooks, Config.Cardinality + 1);
        RequireOwn(state);
        if (state.Batch is { } before && before != indices.size(0))
        {
            throw new ArgumentException($"The batch size of indices is {indices.size(0)}, but that of the stream is {before}.", nameof(indices));
        }

        using var use = state.Lifetime.Enter();
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (batch, codebooks, steps) = ((int)indices.size(0), (int)indices.size(1), (int)indices.size(2));
        var streams = state.Streams(batch);
        var codes = indices.permute(0, 2, 1).cpu().contiguous().data<long>().ToArray();
        var width = checked(codebooks * Config.Cardinality);
        var probabilities = new float[checked(batch * steps * width)];
        for (var i = 0; i < batch * steps; i++)
        {
            streams[i / steps].Step(codes.AsSpan(i * codebooks, codebooks)).CopyTo(probabilities.AsSpan(i * width, width));
        }

        state.Offset += steps;
        return tensor(probabilities, [batch, steps, codebooks, Config.Cardinality]).permute(0, 3, 2, 1).contiguous().to(indices.device).MoveToOuterDisposeScope();
    }

    /// <summary>Computes the next step of a stream with a batch size of 1: probabilities [K, cardinality], which the next call overwrites.</summary>
    internal ReadOnlySpan<float> Step(ReadOnlySpan<long> indices, EncodecLanguageModelState state)
    {
        RequireOwn(state);
        using var use = state.Lifetime.Enter();
        state.Offset++;
        return state.Streams(1)[0].Step(indices);
    }

    private void RequireOwn(EncodecLanguageModelState state)
    {
        if (state.Model != this)
        {
            throw new ArgumentException("The state belongs to another model.", nameof(state));
        }
    }
}

/// <summary>The sizes of an <see cref="EncodecLanguageModel"/>. The defaults are those of the released models (encodec/model.py), whose context is 3.5 s.</summary>
public sealed record EncodecLanguageModelConfig
{
    /// <summary>The number of codebooks, 1 to 1024.</summary>
    public int Codebooks { get; init; } = 32;

    /// <summary>The number of entries of a codebook, 1 to 1048576.</summary>
    public int Cardinality { get; init; } = 1024;

    /// <summary>The dimension of the transformer, an even number from 4 to 65536.</summary>
    public int Dimension { get; init; } = 200;

    /// <summary>The number of transformer layers, 1 to 1024.</summary>
    public int Layers { get; init; } = 5;

    /// <summary>The number of attention heads, a divisor of <see cref="Dimension"/>.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>The dimension of the feed-forward blocks, 1 to 1048576.</summary>
    public int HiddenDimension { get; init; } = 800;

    /// <summary>The number of previous steps in the attention, at least 1.</summary>
    public int PastContext { get; init; } = 262;

    /// <summary>The longest period of the sinusoidal positions, above 1.</summary>
    public double MaxPeriod { get; init; } = 10000;

    /// <exception cref="ArgumentOutOfRangeException">A value is out of range; the message names it.</exception>
    internal void Validate()
    {
        InRange(Codebooks, 1, 1024, nameof(Codebooks));
        InRange(Cardinality, 1, 1 << 20, nameof(Cardinality));
        InRange(Dimension, 4, 1 << 16, nameof(Dimension));
        InRange(Dimension % 2, 0, 0, $"remainder of {nameof(Dimension)} by 2");
        InRange(Layers, 1, 1024, nameof(Layers));
        InRange(Heads, 1, Dimension, nameof(Heads));
        InRange(Dimension % Heads, 0, 0, $"remainder of {nameof(Dimension)} by {nameof(Heads)}");
        InRange(HiddenDimension, 1, 1 << 20, nameof(HiddenDimension));
        InRange(PastContext, 1, 1 << 20, nameof(PastContext));
        InRange(MaxPeriod, double.BitIncrement(1), double.MaxValue, nameof(MaxPeriod));
    }

    private static void InRange(double value, double low, double high, string name)
    {
        if (!(value >= low && value <= high))
        {
            throw new ArgumentOutOfRangeException(name, value, $"Language model: {name} must be {low} to {high}.");
        }
    }
}

/// <summary>The state of a stream of an <see cref="EncodecLanguageModel"/>: the keys and values of the context. Disposing it frees them.</summary>
public sealed class EncodecLanguageModelState : IDisposable
{
    private readonly EncodecLanguageModelWeights weights;
    private EncodecLanguageModelStream[]? streams;

    internal EncodecLanguageModelState(EncodecLanguageModel model, EncodecLanguageModelWeights weights) =>
        (Model, this.weights, Lifetime) = (model, weights, new NativeLifetime(this));

    /// <summary>Keeps the memory of the state alive during calls.</summary>
    internal NativeLifetime Lifetime { get; }

    /// <summary>The number of steps so far.</summary>
    public long Offset { get; internal set; }

    /// <summary>The model.</summary>
    internal EncodecLanguageModel Model { get; }

    /// <summary>The batch size; null before the first step.</summary>
    internal int? Batch => streams?.Length;

    /// <inheritdoc/>
    public void Dispose() => Lifetime.Dispose(() =>
    {
        streams = null;
        weights.Dispose();
    });

    /// <summary>One stream per item of the batch, whose size is constant.</summary>
    internal EncodecLanguageModelStream[] Streams(int batch)
    {
        return streams ??= [.. Enumerable.Range(0, batch).Select(_ => new EncodecLanguageModelStream(weights))];
    }
}
