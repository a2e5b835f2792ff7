using AudioCraft.Formats;
using AudioCraft.Quantization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft;

/// <summary>
/// encodec's small language model (Défossez et al. 2022, section 3.3; encodec/model.py): how likely each code of the next step is, given those before.
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

    /// <summary>A model with random weights.</summary>
    /// <param name="config">Its shape.</param>
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

    /// <summary>Its shape.</summary>
    public EncodecLanguageModelConfig Config { get; }

    /// <summary>
    /// Loads the model that belongs to a codec: upstream's <c>encodec_lm_24khz-1608e3c0.th</c> and <c>encodec_lm_48khz-7add9fc3.th</c>, or the same tensors as safetensors.
    /// Sizes are taken from the tensors; the context is 3.5 s of the codec's frames.
    /// </summary>
    /// <param name="path">The file. If its name has the beginning of a SHA-256, as upstream's have, it is checked.</param>
    /// <param name="codec">The codec.</param>
    /// <param name="heads">Attention heads, which the tensors do not show; 8 in the released models.</param>
    /// <exception cref="CheckpointException">The file is damaged, is no such model, or is one of another codec.</exception>
    /// <exception cref="ArgumentException">The vectors cannot be divided into so many heads.</exception>
    public static EncodecLanguageModel GetPretrained(string path, EncodecModel codec, int heads = 8) => EncodecLanguageModelLoader.Load(path, codec, heads);

    /// <summary>The beginning of a stream.</summary>
    public EncodecLanguageModelState NewState() => new(this, new EncodecLanguageModelWeights(Config, emb, transformer, linears));

    /// <summary>The next steps of a stream.</summary>
    /// <param name="indices">
    /// int64 [B, K, T], K at most <see cref="EncodecLanguageModelConfig.Codebooks"/>: at each step the codes of the step before, plus 1; 0 at the first, where there are none.
    /// </param>
    /// <param name="state">The stream's position, from <see cref="NewState"/> of this model; it advances by T. The batch stays the same through a stream.</param>
    /// <returns>Probabilities [B, cardinality, K, T] on the device of <paramref name="indices"/>. The caller owns them.</returns>
    /// <exception cref="ArgumentException">The shape or type is not that, an index is out of range, or the state is another model's.</exception>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    public override Tensor forward(Tensor indices, EncodecLanguageModelState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        TensorChecks.Codes(indices, nameof(indices), Config.Codebooks, Config.Cardinality + 1);
        RequireOwn(state);
        if (state.Batch is { } before && before != indices.size(0))
        {
            throw new ArgumentException($"indices has a batch of {indices.size(0)}, but the stream one of {before}.", nameof(indices));
        }

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

    /// <summary>The next step of a stream with a batch of one: probabilities [K, cardinality], which the next call overwrites.</summary>
    internal ReadOnlySpan<float> Step(ReadOnlySpan<long> indices, EncodecLanguageModelState state)
    {
        RequireOwn(state);
        state.Offset++;
        return state.Streams(1)[0].Step(indices);
    }

    private void RequireOwn(EncodecLanguageModelState state)
    {
        if (state.Model != this)
        {
            throw new ArgumentException("The state is another model's.", nameof(state));
        }
    }
}
