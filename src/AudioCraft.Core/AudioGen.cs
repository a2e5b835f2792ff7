using AudioCraft.Checkpoints;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Generates sound from text ("AudioGen: Textually Guided Audio Generation", Kreuk et al. 2022; audiocraft/models/audiogen.py).
/// After construction the duration is 5 seconds; <see cref="SetGenerationParams"/> without arguments sets 10, as upstream.
/// </summary>
public sealed class AudioGen : BaseGenModel
{
    /// <summary>Duration after construction, in seconds.</summary>
    private const double InitialDuration = 5;

    /// <summary>Creates a model, which owns the codec and the language model and disposes of them.</summary>
    /// <param name="name">The name of the model, for messages.</param>
    /// <param name="compressionModel">The codec whose codes the language model generates.</param>
    /// <param name="lm">The language model.</param>
    /// <param name="maxDuration">Seconds of the language model's window.</param>
    /// <param name="logger">The logger, or null.</param>
    public AudioGen(string name, CompressionModel compressionModel, LMModel lm, double maxDuration, ILogger? logger = null)
        : base(name, compressionModel, lm, maxDuration, new GenerationParams { Duration = InitialDuration }, logger)
    {
    }

    /// <summary>Loads a model.</summary>
    /// <param name="name">
    /// A bundled model such as <c>audiogen-tiny</c> of the package <c>AudioCraft.Models.AudioGenTiny</c>; else a directory in audiocraft's format: <c>state_dict.bin</c> and
    /// <c>compression_state_dict.bin</c> (or their safetensors form), with the text encoder in its folder <c>t5</c>; or in Hugging Face's layout: <c>config.json</c>,
    /// <c>model.safetensors</c> (also sharded) and <c>spiece.model</c>; else a repository on the Hugging Face Hub, which is downloaded with its text encoder unless it is in the cache.
    /// </param>
    /// <param name="device">The device to load to; null for CUDA if available, else the CPU.</param>
    /// <exception cref="CheckpointException">The model does not exist, is damaged, or is of another kind.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    public static new AudioGen GetPretrained(string name = "facebook/audiogen-medium", Device? device = null) =>
        GetPretrained(name, new PretrainedOptions { Device = device });

    /// <summary>Loads a model with options.</summary>
    /// <inheritdoc cref="GetPretrained(string, Device)"/>
    public static new AudioGen GetPretrained(string name, PretrainedOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        return Load(name, new LoadContext(options) { ExpectsMusicGen = false });
    }

    /// <summary>Loads a model without blocking the caller.</summary>
    /// <param name="name">As for <see cref="GetPretrained(string, Device)"/>.</param>
    /// <param name="options">How to find and load it; null for the defaults.</param>
    /// <param name="progress">Receives the progress of downloads.</param>
    /// <param name="cancellationToken">Cancels a download, which a later call resumes. Not checked once the files are being read.</param>
    /// <exception cref="CheckpointException">The model does not exist, is damaged, or is of another kind.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    public static new Task<AudioGen> GetPretrainedAsync(
        string name = "facebook/audiogen-medium", PretrainedOptions? options = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var context = new LoadContext(options ?? new PretrainedOptions(), progress, cancellationToken) { ExpectsMusicGen = false };
        return LoadContext.RunAsync(() => Load(name, context), cancellationToken);
    }

    /// <summary>Sets the default generation parameters; omitted ones get the defaults shown, not the previous values.</summary>
    /// <param name="useSampling">Whether to sample tokens; if false, the argmax is used.</param>
    /// <param name="topK">Sample from this many most probable tokens; 0 for all.</param>
    /// <param name="topP">Sample from the most probable tokens whose probabilities sum to this; 0 to use <paramref name="topK"/>.</param>
    /// <param name="temperature">Softmax temperature.</param>
    /// <param name="duration">Seconds.</param>
    /// <param name="cfgCoef">Classifier-free guidance coefficient.</param>
    /// <param name="twoStepCfg">Whether to compute the two predictions of guidance in separate passes.</param>
    /// <param name="extendStride">For durations longer than the window: seconds by which the window advances.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public void SetGenerationParams(
        bool useSampling = true, int topK = 250, double topP = 0.0, double temperature = 1.0, double duration = 10.0,
        double cfgCoef = 3.0, bool twoStepCfg = false, double extendStride = 2) =>
        GenerationParams = GenerationParams with
        {
            UseSampling = useSampling,
            TopK = topK,
            TopP = topP,
            Temperature = temperature,
            Duration = duration,
            CfgCoef = cfgCoef,
            TwoStepCfg = twoStepCfg,
            ExtendStride = extendStride,
        };

    private static AudioGen Load(string name, LoadContext context) => CheckpointLoader.LoadGenModel(name, context).ToAudioGen(name, context.Options.Logger);
}
