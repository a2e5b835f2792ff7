using AudioCraft.Codecs;
using AudioCraft.Layers;
using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Stereo with a mono codec, as in the stereo models of MusicGen (audiocraft/models/encodec.py): left and right are encoded separately, and their codes alternate,
/// either codebook by codebook (left 1, right 1, left 2, right 2, …) or frame by frame.
/// </summary>
/// <remarks>
/// Where the codec renormalizes, the scale is [B, 2, 1], a volume for each item and channel. Upstream's decoder confuses items and channels; this one does not.
/// </remarks>
public sealed class InterleaveStereoCompressionModel : CompressionModel
{
    private readonly CompressionModel model;

    /// <summary>Wraps a codec and takes ownership of it.</summary>
    /// <param name="model">A codec for one channel.</param>
    /// <param name="perTimestep">Whether codes alternate frame by frame, [B, K, 2·F], rather than codebook by codebook, [B, 2·K, F].</param>
    /// <exception cref="ArgumentException">The codec has more than one channel.</exception>
    public InterleaveStereoCompressionModel(CompressionModel model, bool perTimestep = false) : base(nameof(InterleaveStereoCompressionModel))
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Channels != 1)
        {
            throw new ArgumentException($"The codec has {model.Channels} channels; one for a single channel was expected.", nameof(model));
        }

        this.model = model;
        PerTimestep = perTimestep;
        RegisterComponents();
    }

    /// <summary>The wrapped mono codec.</summary>
    public CompressionModel Model => model;

    /// <summary>Whether codes alternate frame by frame rather than codebook by codebook.</summary>
    public bool PerTimestep { get; }

    /// <inheritdoc/>
    public override int Channels => 2;

    /// <inheritdoc/>
    public override int SampleRate => model.SampleRate;

    /// <summary>Code frames a second; twice the codec's where they alternate frame by frame.</summary>
    public override double FrameRate => PerTimestep ? 2 * model.FrameRate : model.FrameRate;

    /// <inheritdoc/>
    public override int Cardinality => model.Cardinality;

    /// <summary>Number of codebooks in use <em>after</em> interleaving: twice the codec's where codebooks alternate.</summary>
    public override int NumCodebooks => PerTimestep ? model.NumCodebooks : 2 * model.NumCodebooks;

    /// <summary>Number of codebooks of the wrapped codec, <em>before</em> interleaving, as upstream.</summary>
    public override int TotalCodebooks => model.TotalCodebooks;

    /// <summary>Sets the number of codebooks that later calls use, counted <em>before</em> interleaving, as upstream.</summary>
    /// <param name="n">1 to <see cref="TotalCodebooks"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 to <see cref="TotalCodebooks"/>.</exception>
    public override void SetNumCodebooks(int n) => model.SetNumCodebooks(n);

    /// <inheritdoc/>
    private protected override int DefaultCodebooks => model.NumCodebooks;

    /// <summary>Encodes stereo audio to codes.</summary>
    /// <param name="x">Float [B, 2, T] at <see cref="CompressionModel.SampleRate"/>, T at least 1, on the model's device.</param>
    /// <returns>
    /// Codes, int64 [B, 2·K, F] or [B, K, 2·F], K being the number of the wrapped codec's codebooks; and for codecs that renormalize the volumes [B, 2, 1], else null. The caller owns both.
    /// </returns>
    /// <exception cref="ArgumentException">The shape or type is invalid.</exception>
    public override (Tensor Codes, Tensor? Scale) Encode(Tensor x) => Encode(x, model.NumCodebooks);

    /// <summary>Encodes stereo audio to codes with a given number of codebooks.</summary>
    /// <param name="x">Float [B, 2, T] at <see cref="CompressionModel.SampleRate"/>, T at least 1, on the model's device.</param>
    /// <param name="codebooks">1 to <see cref="TotalCodebooks"/>, counted <em>before</em> interleaving as by <see cref="SetNumCodebooks"/>.</param>
    /// <returns>As for <see cref="Encode(Tensor)"/>.</returns>
    /// <exception cref="ArgumentException">The shape, type or number of codebooks is invalid.</exception>
    public override (Tensor Codes, Tensor? Scale) Encode(Tensor x, int codebooks)
    {
        using var scope = NewDisposeScope();
        var (codes, scale) = model.Encode(Separate(x, nameof(x)), codebooks);
        return (Interleave(codes).MoveToOuterDisposeScope(), scale?.view(-1, 2, 1).MoveToOuterDisposeScope());
    }

    /// <summary>Decodes codes to stereo audio.</summary>
    /// <param name="codes">int64 [B, 2·K, F] or [B, K, 2·F], on the model's device.</param>
    /// <param name="scale">The scale that <see cref="Encode(Tensor)"/> returned with the codes, [B, 2, 1].</param>
    /// <returns>Float [B, 2, F·hop]. The caller owns it.</returns>
    /// <exception cref="ArgumentException">A shape or type is invalid, or a code is not 0 to <see cref="CompressionModel.Cardinality"/> − 1.</exception>
    public override Tensor Decode(Tensor codes, Tensor? scale = null)
    {
        using var scope = NewDisposeScope();
        var perChannel = Deinterleave(codes, nameof(codes));
        var audio = model.Decode(perChannel, Flat(scale, codes.size(0)));
        return Join(audio).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Decodes codes to the latent sequences of both channels: int64 [B, 2·K, F] or [B, K, 2·F] → float [B, 2·D, F], the left channel's before the right channel's.
    /// Not in upstream. The caller owns it.
    /// </summary>
    /// <exception cref="ArgumentException">The shape or type is invalid, or a code is not 0 to <see cref="CompressionModel.Cardinality"/> − 1.</exception>
    public override Tensor DecodeLatent(Tensor codes)
    {
        using var scope = NewDisposeScope();
        var latent = model.DecodeLatent(Deinterleave(codes, nameof(codes)));
        return latent.view(codes.size(0), 2 * latent.size(1), -1).MoveToOuterDisposeScope();
    }

    /// <summary>Splits codes into those of each channel, as the wrapped codec returns them: two of int64 [B, K, F]. The caller owns them.</summary>
    /// <param name="codes">int64 [B, 2·K, F] or [B, K, 2·F].</param>
    /// <exception cref="ArgumentException">The shape or type is invalid.</exception>
    public (Tensor Left, Tensor Right) SplitChannels(Tensor codes)
    {
        using var scope = NewDisposeScope();
        var channels = Deinterleave(codes, nameof(codes));
        channels = channels.view(codes.size(0), 2, channels.size(1), -1);
        return (channels.select(1, 0).clone().MoveToOuterDisposeScope(), channels.select(1, 1).clone().MoveToOuterDisposeScope());
    }

    /// <summary>Encodes and decodes stereo audio, trimmed to the length of the input; in training mode with the gradients and codebook updates of the codec. Not in upstream.</summary>
    /// <param name="input">Float [B, 2, T].</param>
    /// <returns>The audio [B, 2, T], the codes as from <see cref="Encode(Tensor)"/>, the bandwidth of both channels in kb/s, the codec's penalty. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The shape or type is invalid.</exception>
    public override QuantizedResult forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var result = model.forward(Separate(input, nameof(input)));
        return result with
        {
            X = result.X.view(input.shape).MoveToOuterDisposeScope(),
            Codes = Interleave(result.Codes).MoveToOuterDisposeScope(),
            Bandwidth = result.Bandwidth.add(result.Bandwidth, Scalars.One).MoveToOuterDisposeScope(),
            Penalty = result.Penalty?.MoveToOuterDisposeScope(),
            Metrics = result.Metrics?.ToDictionary(m => m.Key, m => m.Value.MoveToOuterDisposeScope()),
        };
    }

    /// <inheritdoc/>
    internal override StreamPlan PlanStream()
    {
        var channel = model.PlanStream();
        var interleaved = PerTimestep ? 2 : 1;
        return new(
            channel.Samples,
            checked(interleaved * channel.Frames),
            OpenEncoder: codebooks => new StreamingChain(
                new StreamingFunction(audio => Separate(audio, nameof(audio))), channel.OpenEncoder(codebooks), new StreamingFunction(Interleave, stepsOut: interleaved)),
            OpenDecoder: () => new StreamingChain(
                new StreamingFunction(codes => Deinterleave(codes, nameof(codes)), stepsIn: interleaved), channel.OpenDecoder(), new StreamingFunction(Join)),
            CheckAudio: (samples, name) =>
            {
                using var channels = Separate(samples, name);
                channel.CheckAudio(channels, name);
            },
            CheckCodes: (codes, name) =>
            {
                using var channels = Deinterleave(codes, name);
                channel.CheckCodes(channels, name);
            });
    }

    /// <summary>[2·B, 1, T] → [B, 2, T].</summary>
    private static Tensor Join(Tensor channels) => channels.reshape(-1, 2, channels.size(-1));

    /// <summary>[B, 2, T] → [2·B, 1, T], so that one call of the codec processes both channels of every item.</summary>
    private static Tensor Separate(Tensor x, string name)
    {
        ArgumentNullException.ThrowIfNull(x, name);
        return x.shape is [> 0, 2, > 0 and var length]
            ? x.reshape(-1, 1, length)
            : throw new ArgumentException($"{name} has shape {TensorChecks.Text(x.shape)}; [B, 2, T] was expected, with no size 0.", name);
    }

    /// <summary>[2·B, K, F] → [B, 2·K, F] or [B, K, 2·F].</summary>
    private Tensor Interleave(Tensor codes)
    {
        using var scope = NewDisposeScope();
        var (codebooks, frames) = (codes.size(1), codes.size(2));
        var channels = codes.view(-1, 2, codebooks, frames);
        var interleaved = PerTimestep
            ? channels.permute(0, 2, 3, 1).reshape(-1, codebooks, 2 * frames)
            : channels.permute(0, 2, 1, 3).reshape(-1, 2 * codebooks, frames);
        return interleaved.contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>[B, 2·K, F] or [B, K, 2·F] → [2·B, K, F].</summary>
    private Tensor Deinterleave(Tensor codes, string name)
    {
        ArgumentNullException.ThrowIfNull(codes, name);
        if (codes.shape is not [> 0, > 0 and var codebooks, > 0 and var frames] || (PerTimestep ? frames : codebooks) % 2 != 0)
        {
            throw new ArgumentException(
                $"{name} has shape {TensorChecks.Text(codes.shape)}; {(PerTimestep ? "[B, K, 2·F]" : "[B, 2·K, F]")} was expected, with no size 0.", name);
        }

        using var scope = NewDisposeScope();
        var items = codes.size(0);
        var channels = PerTimestep
            ? codes.reshape(items, codebooks, frames / 2, 2).permute(0, 3, 1, 2)
            : codes.reshape(items, codebooks / 2, 2, frames).permute(0, 2, 1, 3);
        return channels.flatten(0, 1).contiguous().MoveToOuterDisposeScope();
    }

    private static Tensor? Flat(Tensor? scale, long items)
    {
        if (scale is null)
        {
            return null;
        }

        return scale.shape is [var rows, 2, 1] && rows == items
            ? scale.reshape(-1, 1)
            : throw new ArgumentException($"scale has shape {TensorChecks.Text(scale.shape)}; [{items}, 2, 1] was expected.", nameof(scale));
    }
}
