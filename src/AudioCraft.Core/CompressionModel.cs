using AudioCraft.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft;

/// <summary>
/// A neural audio codec: sound to discrete codes and back (audiocraft/models/encodec.py). Its codes are what AudioGen and MusicGen write.
/// </summary>
public abstract partial class CompressionModel : Module<Tensor, QuantizedResult>
{
    /// <summary>Names the module.</summary>
    protected CompressionModel(string name) : base(name) { }

    /// <summary>Loads a codec, ready to use (in evaluation mode).</summary>
    /// <param name="name">
    /// A directory in audiocraft's format (<c>compression_state_dict.bin</c>, or <c>compression_state_dict.safetensors</c> and <c>config.json</c>), or such a file.
    /// Or an EnCodec's directory in Hugging Face's layout (<c>config.json</c> and <c>model.safetensors</c>).
    /// Or a file of facebookresearch/encodec, <c>encodec_24khz-d7cc33bc.th</c> or <c>encodec_48khz-7e698e3e.th</c>, whose hash is checked against its name.
    /// Or a DAC: descript's <c>.pth</c> file, or a directory in Hugging Face's layout (<c>config.json</c> and <c>model.safetensors</c>), or <c>dac_44khz</c>, <c>dac_24khz</c>,
    /// <c>dac_16khz</c> (descript's file is looked for in the current directory and in its own tool's cache, <c>~/.cache/descript/dac</c>, and then on the Hub).
    /// If an audiocraft checkpoint only names another model, such as <c>facebook/encodec_32khz</c>, its directory is looked for inside and beside the checkpoint's.
    /// Any other name is that of a repository on the Hugging Face Hub, which is downloaded unless it is in the cache.
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

    /// <summary>Audio channels.</summary>
    public abstract int Channels { get; }

    /// <summary>Samples a second.</summary>
    public abstract int SampleRate { get; }

    /// <summary>Code frames a second.</summary>
    public abstract double FrameRate { get; }

    /// <summary>Different values that a code can have.</summary>
    public abstract int Cardinality { get; }

    /// <summary>Codebooks in use, 1 to <see cref="TotalCodebooks"/>.</summary>
    public abstract int NumCodebooks { get; }

    /// <summary>Codebooks that there are.</summary>
    public abstract int TotalCodebooks { get; }

    /// <summary>Chooses how many codebooks are used from now on: fewer are a lower bitrate and a coarser sound.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 to <see cref="TotalCodebooks"/>.</exception>
    public abstract void SetNumCodebooks(int n);

    /// <summary>Sound to codes.</summary>
    /// <param name="x">Float [B, C, T] at <see cref="SampleRate"/>, T at least 1, on the model's device.</param>
    /// <returns>Codes, int64 [B, K, F], F = ⌈T / hop⌉; and for models that renormalize the volume [B, 1], else null. The caller owns both.</returns>
    /// <exception cref="ArgumentException">The shape or type is not that.</exception>
    public abstract (Tensor Codes, Tensor? Scale) Encode(Tensor x);

    /// <summary>Codes to sound.</summary>
    /// <param name="codes">int64 [B, K, F], K at most <see cref="TotalCodebooks"/>, on the model's device.</param>
    /// <param name="scale">What <see cref="Encode"/> returned beside the codes.</param>
    /// <returns>Float [B, C, F·hop]: whole frames, so up to a hop longer than what was encoded. The caller owns it.</returns>
    /// <exception cref="ArgumentException">A shape or type is not that, or a code is not 0 to <see cref="Cardinality"/> − 1.</exception>
    public abstract Tensor Decode(Tensor codes, Tensor? scale = null);

    /// <summary>Codes to the continuous latent sequence that they stand for: int64 [B, K, F] → float [B, D, F]. The caller owns it.</summary>
    /// <exception cref="ArgumentException">The shape or type is not that, or a code is not 0 to <see cref="Cardinality"/> − 1.</exception>
    public abstract Tensor DecodeLatent(Tensor codes);
}
