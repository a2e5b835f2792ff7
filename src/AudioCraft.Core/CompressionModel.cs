using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using AudioCraft.Layers;
using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft;

/// <summary>
/// A neural audio codec: audio to discrete codes and back (audiocraft/models/encodec.py). AudioGen and MusicGen generate its codes.
/// </summary>
public abstract class CompressionModel : Module<Tensor, QuantizedResult>
{
    /// <summary>Names the module.</summary>
    protected CompressionModel(string name) : base(name) => Lifetime = new NativeLifetime(this);

    /// <summary>Loads a codec, ready to use (in evaluation mode).</summary>
    /// <param name="name">
    /// A directory in audiocraft's format (<c>compression_state_dict.bin</c>, or <c>compression_state_dict.safetensors</c> and <c>config.json</c>), or such a file.
    /// Or an EnCodec's directory in Hugging Face's layout (<c>config.json</c> and <c>model.safetensors</c>).
    /// Or a file of facebookresearch/encodec, <c>encodec_24khz-d7cc33bc.th</c> or <c>encodec_48khz-7e698e3e.th</c>, whose hash is checked against its name.
    /// Or a DAC: descript's <c>.pth</c> file, or a directory in Hugging Face's layout (<c>config.json</c> and <c>model.safetensors</c>), or <c>dac_44khz</c>, <c>dac_24khz</c>,
    /// <c>dac_16khz</c> (descript's file is looked for in the current directory and in its own tool's cache, <c>~/.cache/descript/dac</c>, and then on the Hub).
    /// If an audiocraft checkpoint only names another model, such as <c>facebook/encodec_32khz</c>, its directory is looked for inside and beside the checkpoint's.
    /// Any other name refers to a repository on the Hugging Face Hub, which is downloaded unless it is in the cache.
    /// </param>
    /// <param name="device">The device to load to; null for CUDA if available, else the CPU.</param>
    /// <exception cref="CheckpointException">The codec does not exist, is damaged or not supported; the message lists what was looked for.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    public static CompressionModel GetPretrained(string name, Device? device = null) => GetPretrained(name, new PretrainedOptions { Device = device });

    /// <summary>Loads a codec with options.</summary>
    /// <inheritdoc cref="GetPretrained(string, Device)"/>
    public static CompressionModel GetPretrained(string name, PretrainedOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return CheckpointLoader.LoadCodec(name, new LoadContext(options));
    }

    /// <summary>Loads a codec without blocking the caller.</summary>
    /// <param name="name">As for <see cref="GetPretrained(string, Device)"/>.</param>
    /// <param name="options">How to find and load it; null for the defaults.</param>
    /// <param name="progress">Receives the progress of downloads.</param>
    /// <param name="cancellationToken">Cancels a download, which a later call resumes. Not checked once the files are being read.</param>
    /// <exception cref="CheckpointException">The codec does not exist, is damaged or not supported; the message lists what was looked for.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    public static Task<CompressionModel> GetPretrainedAsync(
        string name, PretrainedOptions? options = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var context = new LoadContext(options ?? new PretrainedOptions(), progress, cancellationToken);
        return LoadContext.RunAsync(() => CheckpointLoader.LoadCodec(name, context), cancellationToken);
    }

    /// <summary>The name from which <c>GetPretrained</c> loaded the model: its own name, or the name of the generation model to which it belongs. Null for other models.</summary>
    public string? PretrainedName { get; internal set; }

    /// <summary>Audio channels.</summary>
    public abstract int Channels { get; }

    /// <summary>Samples a second.</summary>
    public abstract int SampleRate { get; }

    /// <summary>Code frames a second.</summary>
    public abstract double FrameRate { get; }

    /// <summary>Entries of a codebook: codes are 0 to this minus 1.</summary>
    public abstract int Cardinality { get; }

    /// <summary>Number of codebooks that calls use unless they specify one, 1 to <see cref="TotalCodebooks"/>.</summary>
    public abstract int NumCodebooks { get; }

    /// <summary>Number of codebooks of the model.</summary>
    public abstract int TotalCodebooks { get; }

    /// <summary>The device of the model's weights.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Device Device
    {
        get
        {
            using var use = Lifetime.Enter();
            return parameters().First().device;
        }
    }

    /// <summary>Keeps the weights alive during calls.</summary>
    internal NativeLifetime Lifetime { get; }

    /// <summary>Sets the number of codebooks that later calls use unless they specify one: fewer give a lower bitrate and coarser audio.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 to <see cref="TotalCodebooks"/>.</exception>
    public abstract void SetNumCodebooks(int n);

    /// <summary>Encodes audio to codes with <see cref="NumCodebooks"/> codebooks.</summary>
    /// <param name="x">Float [B, C, T] at <see cref="SampleRate"/>, T at least 1, on the model's device.</param>
    /// <returns>Codes, int64 [B, K, F], F = ⌈T / hop⌉; and for models that renormalize the volume [B, 1], else null. The caller owns both.</returns>
    /// <exception cref="ArgumentException">The shape or type is invalid, or a sample is NaN or infinite.</exception>
    public abstract (Tensor Codes, Tensor? Scale) Encode(Tensor x);

    /// <summary>Encodes audio to codes with a given number of codebooks. <see cref="NumCodebooks"/> is neither used nor changed, so that threads can encode with different numbers.</summary>
    /// <param name="x">Float [B, C, T] at <see cref="SampleRate"/>, T at least 1, on the model's device.</param>
    /// <param name="codebooks">1 to <see cref="TotalCodebooks"/>, counted as by <see cref="SetNumCodebooks"/>.</param>
    /// <returns>Codes, int64 [B, K, F], F = ⌈T / hop⌉; and for models that renormalize the volume [B, 1], else null. The caller owns both.</returns>
    /// <exception cref="ArgumentException">The shape, type or number of codebooks is invalid, or a sample is NaN or infinite.</exception>
    public abstract (Tensor Codes, Tensor? Scale) Encode(Tensor x, int codebooks);

    /// <summary>Decodes codes to audio.</summary>
    /// <param name="codes">int64 [B, K, F], K at most <see cref="TotalCodebooks"/>, on the model's device.</param>
    /// <param name="scale">The scale that <see cref="Encode(Tensor)"/> returned with the codes.</param>
    /// <returns>Float [B, C, F·hop]: whole frames, so up to a hop longer than the encoded audio. The caller owns it.</returns>
    /// <exception cref="ArgumentException">A shape or type is invalid, a code is not 0 to <see cref="Cardinality"/> − 1, or the scale is NaN or infinite.</exception>
    /// <exception cref="AudioCraftException">The decoder produced NaN or infinite samples, for example because its weights are damaged.</exception>
    public abstract Tensor Decode(Tensor codes, Tensor? scale = null);

    /// <summary>Decodes codes to the continuous latent sequence that the decoder takes: int64 [B, K, F] → float [B, D, F]. The caller owns it.</summary>
    /// <exception cref="ArgumentException">The shape or type is invalid, or a code is not 0 to <see cref="Cardinality"/> − 1.</exception>
    public abstract Tensor DecodeLatent(Tensor codes);

    /// <summary>Opens a stream that encodes audio while it arrives, or audio too long to be encoded at once.</summary>
    /// <exception cref="NotSupportedException">
    /// The codes depend on the whole audio: an <see cref="EncodecModel"/> renormalizes or has a <see cref="Codecs.ConvNorm.TimeGroupNorm"/>, alone or for stereo; use
    /// <see cref="SegmentedCodec"/>. Or the model is not one of this library's.
    /// </exception>
    public StreamingEncoder CreateStreamingEncoder() => OpenEncoder(PlanStream(), null);

    /// <summary>Opens a stream that decodes codes while they arrive, or codes too many to be decoded at once.</summary>
    /// <exception cref="NotSupportedException">As for <see cref="CreateStreamingEncoder"/>: the audio depends on all codes.</exception>
    public StreamingDecoder CreateStreamingDecoder() => new(PlanStream());

    /// <summary>
    /// Encodes audio of any length in constant memory, about a second at a time, while the result is enumerated.
    /// Each enumeration encodes from the start.
    /// </summary>
    /// <param name="pieces">
    /// The audio in order, float [B, C, n] each, with any n of at least 1, on the model's device. Its producer may dispose a piece when the next one is requested.
    /// </param>
    /// <param name="disposePieces">Whether each piece is disposed after use, for instance the output of another stream, instead of by its producer.</param>
    /// <param name="codebooks">Number of codebooks as for <see cref="Encode(Tensor, int)"/>; null for <see cref="NumCodebooks"/>.</param>
    /// <returns>The codes in order, int64 [B, K, f] each; together those of <see cref="Encode(Tensor)"/> for the whole audio, up to float rounding. The caller owns each.</returns>
    /// <exception cref="NotSupportedException">As for <see cref="CreateStreamingEncoder"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of codebooks is not 1 to <see cref="TotalCodebooks"/>.</exception>
    /// <exception cref="ArgumentException">While enumerating: a piece's shape or type is invalid.</exception>
    public IEnumerable<Tensor> EncodeStream(IEnumerable<Tensor> pieces, bool disposePieces = false, int? codebooks = null)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        if (codebooks is { } number)
        {
            BaseQuantizer.CheckNumCodebooks(number, TotalCodebooks, nameof(codebooks));
        }

        var plan = PlanStream();
        return PieceByPiece.Run(pieces, disposePieces, HopsPerSecond(plan.Samples) * plan.Samples, () => OpenEncoder(plan, codebooks));
    }

    /// <summary>
    /// Decodes codes of any length in constant memory, about a second at a time, while the result is enumerated.
    /// Each enumeration decodes from the start.
    /// </summary>
    /// <param name="pieces">
    /// The codes in order, int64 [B, K, f] each, with any f of at least 1 (see <see cref="StreamingDecoder.Push"/> for stereo), on the model's device.
    /// Its producer may dispose a piece when the next one is requested.
    /// </param>
    /// <param name="disposePieces">Whether each piece is disposed after use, for instance the output of another stream, instead of by its producer.</param>
    /// <returns>The audio in order, float [B, C, n] each; together that of <see cref="Decode"/> for all codes, up to float rounding. The caller owns each.</returns>
    /// <exception cref="NotSupportedException">As for <see cref="CreateStreamingDecoder"/>.</exception>
    /// <exception cref="ArgumentException">While enumerating: a piece's shape or type is invalid, or a code is out of range.</exception>
    public IEnumerable<Tensor> DecodeStream(IEnumerable<Tensor> pieces, bool disposePieces = false)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var plan = PlanStream();
        return PieceByPiece.Run(pieces, disposePieces, HopsPerSecond(plan.Samples) * plan.Frames, () => new StreamingDecoder(plan));
    }

    /// <summary>Frees the weights, once all running calls have ended. It can be called at any time and from any thread.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Lifetime.Dispose(() => WhenIdle(() => base.Dispose(true)));
        }
        else
        {
            base.Dispose(false);
        }
    }

    /// <summary>Calls an action when no call uses a model that this one contains.</summary>
    private protected virtual void WhenIdle(Action free) => free();

    /// <summary>Describes the streams of this model.</summary>
    /// <exception cref="NotSupportedException">As for <see cref="CreateStreamingEncoder"/>.</exception>
    internal virtual StreamPlan PlanStream() => throw new NotSupportedException($"{GetType().Name} does not support streams.");

    /// <summary>Returns decoded audio if all its samples are finite.</summary>
    /// <exception cref="AudioCraftException">A sample is NaN or infinite.</exception>
    private protected Tensor Finite(Tensor audio) => TensorChecks.IsFinite(audio)
        ? audio
        : throw new AudioCraftException($"The decoder of the codec {GetType().Name} ({SampleRate} Hz) produced NaN or infinite samples: its weights are damaged, or have a type of too little range.");

    /// <summary>Number of codebooks of calls that do not specify one, counted as by <see cref="SetNumCodebooks"/>.</summary>
    private protected virtual int DefaultCodebooks => NumCodebooks;

    /// <summary>
    /// Values of the widest layer of a piece when long audio is processed on a CPU: 16 MB. Memory of that size is reused;
    /// larger tensors are new pages from the kernel each time, which takes a third of the time of DAC.
    /// </summary>
    private const long ValuesOfAPiece = 1 << 22;

    /// <summary>Encodes long audio in pieces; null for short audio, or on other devices than a CPU.</summary>
    /// <param name="audio">[B, C, T], checked.</param>
    /// <param name="channels">Channels of the widest layer at the sample rate.</param>
    /// <param name="codebooks">Number of codebooks, checked.</param>
    private protected Tensor? EncodeInPieces(Tensor audio, int channels, int codebooks)
    {
        if (PieceLength(audio, audio.size(2), channels) is not { } samples)
        {
            return null;
        }

        var plan = PlanStream();
        return Joined(PieceByPiece.Run([audio], disposePieces: false, samples / plan.Samples * plan.Samples, () => OpenEncoder(plan, codebooks)));
    }

    /// <summary>Decodes many codes in pieces; null for few, or on other devices than a CPU.</summary>
    /// <param name="codes">[B, K, F], checked.</param>
    /// <param name="channels">Channels of the widest layer at the sample rate.</param>
    private protected Tensor? DecodeInPieces(Tensor codes, int channels)
    {
        var plan = PlanStream();
        return PieceLength(codes, codes.size(2) / plan.Frames * plan.Samples, channels) is { } samples
            ? Joined(PieceByPiece.Run([codes], disposePieces: false, samples / plan.Samples * plan.Frames, () => new StreamingDecoder(plan)))
            : null;
    }

    /// <summary>Frames of about a second: efficient for the kernels, and small enough for the memory of small machines.</summary>
    private protected long HopsPerSecond(int hop) => Math.Max(1, SampleRate / hop);

    private StreamingEncoder OpenEncoder(StreamPlan plan, int? codebooks) =>
        new(plan, codebooks is { } number ? () => number : () => DefaultCodebooks, TotalCodebooks);

    private long? PieceLength(Tensor tensor, long samples, int channels)
    {
        var most = Math.Max(ValuesOfAPiece / (channels * tensor.size(0)), SampleRate / 2);
        return tensor.device_type == DeviceType.CPU && samples > 2 * most ? most : null;
    }

    private static Tensor Joined(IEnumerable<Tensor> pieces)
    {
        using var scope = NewDisposeScope();
        return cat([.. pieces], 2).MoveToOuterDisposeScope();
    }
}
