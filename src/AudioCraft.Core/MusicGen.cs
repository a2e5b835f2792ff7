using AudioCraft.Checkpoints;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Text to music ("Simple and Controllable Music Generation", Copet et al. 2023; audiocraft/models/musicgen.py): mono and stereo models that are
/// conditioned on text. Melody and style models, which are conditioned on a waveform too, are refused by name.
/// After construction the duration is 15 seconds; <see cref="SetGenerationParams"/> without arguments sets 30, as upstream.
/// </summary>
public sealed class MusicGen : BaseGenModel
{
    /// <summary>Duration after construction, in seconds.</summary>
    private const double InitialDuration = 15;

    private const double DefaultExtendStride = 18;

    /// <summary>Puts a model together. It takes over the codec and the language model, and disposes of them.</summary>
    /// <param name="name">Name of the model, for messages.</param>
    /// <param name="compressionModel">The codec whose codes the language model speaks.</param>
    /// <param name="lm">The language model.</param>
    /// <param name="maxDuration">Seconds that the language model's window holds.</param>
    /// <param name="logger">Where to log, or null.</param>
    public MusicGen(string name, CompressionModel compressionModel, LMModel lm, double maxDuration, ILogger? logger = null)
        : base(name, compressionModel, lm, maxDuration, new GenerationParams { Duration = InitialDuration, ExtendStride = DefaultExtendStride }, logger)
    {
    }

    /// <summary>Loads a model.</summary>
    /// <param name="name">
    /// The name of a model that came with the application; else a directory: <c>state_dict.bin</c> and <c>compression_state_dict.bin</c> (or their safetensors form) with the text encoder in its folder <c>t5</c>,
    /// or Hugging Face's layout: <c>config.json</c> and <c>model.safetensors</c> (sharded too) that hold all three models, with <c>spiece.model</c> beside them;
    /// else the name of a repository on the Hugging Face Hub, whose files are downloaded unless they are in the cache, and the text encoder's with them.
    /// </param>
    /// <param name="device">Where to compute; null for CUDA if there is one, else the CPU.</param>
    /// <exception cref="CheckpointException">It is not there, is damaged, or holds another kind of model.</exception>
    /// <exception cref="HubException">It cannot be had from the Hub.</exception>
    public static MusicGen GetPretrained(string name = "facebook/musicgen-medium", Device? device = null) =>
        GetPretrained(name, new PretrainedOptions { Device = device });

    /// <summary>Loads a model, with options.</summary>
    /// <inheritdoc cref="GetPretrained(string, Device)"/>
    public static MusicGen GetPretrained(string name, PretrainedOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        return Load(name, options.ForCall());
    }

    /// <summary>Loads a model without holding the caller up.</summary>
    /// <param name="name">As for <see cref="GetPretrained(string, Device)"/>.</param>
    /// <param name="options">How to find and load it; null for the usual.</param>
    /// <param name="progress">Told how far downloads are.</param>
    /// <param name="ct">Ends a download, which a later call goes on with. A model that is being put together is first finished.</param>
    /// <exception cref="CheckpointException">It is not there, is damaged, or holds another kind of model.</exception>
    /// <exception cref="HubException">It cannot be had from the Hub.</exception>
    public static Task<MusicGen> GetPretrainedAsync(
        string name = "facebook/musicgen-medium", PretrainedOptions? options = null, IProgress<DownloadProgress>? progress = null, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return PretrainedOptions.OnOwnThread(() => Load(name, (options ?? new PretrainedOptions()).ForCall(progress, ct)), ct);
    }

    /// <summary>Sets how sounds are generated; what is not given gets the default shown, not what was set before.</summary>
    /// <param name="useSampling">Whether tokens are drawn at random; if not, the likeliest is taken.</param>
    /// <param name="topK">Draw among this many likeliest tokens; 0 for all.</param>
    /// <param name="topP">Draw among the likeliest tokens that together have this probability; 0 leaves it to <paramref name="topK"/>.</param>
    /// <param name="temperature">Softmax temperature.</param>
    /// <param name="duration">Seconds.</param>
    /// <param name="cfgCoef">Classifier-free guidance coefficient.</param>
    /// <param name="twoStepCfg">Whether the two predictions of guidance are made one after the other.</param>
    /// <param name="extendStride">For sounds longer than the window: by how many seconds it moves on.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public void SetGenerationParams(
        bool useSampling = true, int topK = 250, double topP = 0.0, double temperature = 1.0, double duration = 30.0,
        double cfgCoef = 3.0, bool twoStepCfg = false, double extendStride = DefaultExtendStride) =>
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

    private static MusicGen Load(string name, PretrainedOptions options)
    {
        var parts = GenModelLoader.Load(name, options, nameof(MusicGen));
        var model = new MusicGen(name, parts.CompressionModel, parts.LM, parts.MaxDuration, options.Logger);
        model.GenerationParams = parts.Suggested(model.GenerationParams);
        return model;
    }
}
