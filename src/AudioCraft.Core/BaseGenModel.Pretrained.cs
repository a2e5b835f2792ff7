using AudioCraft.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft;

/// <content>Loading a model without knowing its class.</content>
public abstract partial class BaseGenModel
{
    /// <summary>Loads a model as <see cref="AudioGen"/> or <see cref="MusicGen"/>, depending on its checkpoint.</summary>
    /// <param name="name">
    /// A bundled model such as <c>audiogen-tiny</c> of the package <c>AudioCraft.Models.AudioGenTiny</c>; else a directory in audiocraft's format: <c>state_dict.bin</c> and
    /// <c>compression_state_dict.bin</c> (or their safetensors form), with the text encoder in its folder <c>t5</c>; or in Hugging Face's layout: <c>config.json</c>,
    /// <c>model.safetensors</c> (also sharded) and <c>spiece.model</c>; else a repository on the Hugging Face Hub, which is downloaded with its text encoder unless it is in the cache.
    /// </param>
    /// <param name="device">The device to load to; null for CUDA if available, else the CPU.</param>
    /// <exception cref="CheckpointException">The model does not exist or is damaged.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    public static BaseGenModel GetPretrained(string name, Device? device = null) =>
        GetPretrained(name, new PretrainedOptions { Device = device });

    /// <summary>Loads a model with options.</summary>
    /// <inheritdoc cref="GetPretrained(string, Device)"/>
    public static BaseGenModel GetPretrained(string name, PretrainedOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        return Load(name, new LoadContext(options));
    }

    /// <summary>Loads a model without blocking the caller.</summary>
    /// <param name="name">As for <see cref="GetPretrained(string, Device)"/>.</param>
    /// <param name="options">How to find and load it; null for the defaults.</param>
    /// <param name="progress">Receives the progress of downloads.</param>
    /// <param name="cancellationToken">Cancels a download, which a later call resumes. Not checked once the files are being read.</param>
    /// <exception cref="CheckpointException">The model does not exist or is damaged.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    public static Task<BaseGenModel> GetPretrainedAsync(
        string name, PretrainedOptions? options = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var context = new LoadContext(options ?? new PretrainedOptions(), progress, cancellationToken);
        return LoadContext.RunAsync(() => Load(name, context), cancellationToken);
    }

    private static BaseGenModel Load(string name, LoadContext context)
    {
        var parts = CheckpointLoader.LoadGenModel(name, context);
        return parts.IsMusicGen ? parts.ToMusicGen(name, context.Options.Logger) : parts.ToAudioGen(name, context.Options.Logger);
    }
}
