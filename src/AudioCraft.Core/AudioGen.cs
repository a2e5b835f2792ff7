using AudioCraft.Checkpoints;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Text to sound ("AudioGen: Textually Guided Audio Generation", Kreuk et al. 2022; audiocraft/models/audiogen.py).
/// After construction the duration is 5 seconds; <see cref="SetGenerationParams"/> without arguments sets 10, as upstream.
/// </summary>
public sealed class AudioGen : BaseGenModel
{
    /// <summary>Duration after construction, in seconds.</summary>
    private const double InitialDuration = 5;

    /// <summary>Puts a model together. It takes over the codec and the language model, and disposes of them.</summary>
    /// <param name="name">Name of the model, for messages.</param>
    /// <param name="compressionModel">The codec whose codes the language model speaks.</param>
    /// <param name="lm">The language model.</param>
    /// <param name="maxDuration">Seconds that the language model's window holds.</param>
    /// <param name="logger">Where to log, or null.</param>
    public AudioGen(string name, CompressionModel compressionModel, LMModel lm, double maxDuration, ILogger? logger = null)
        : base(name, compressionModel, lm, maxDuration, new GenerationParams { Duration = InitialDuration }, logger)
    {
    }

    /// <summary>Loads a model.</summary>
    /// <param name="name">
    /// A directory that holds <c>state_dict.bin</c> and <c>compression_state_dict.bin</c> (or their safetensors form), with the text encoder in its folder <c>t5</c>;
    /// or <c>audiogen-tiny</c>, which the package <c>AudioCraft.Models.AudioGenTiny</c> puts beside the application.
    /// </param>
    /// <param name="device">Where to compute; null for CUDA if there is one, else the CPU.</param>
    /// <exception cref="CheckpointException">It is not there, is damaged, or holds another kind of model.</exception>
    public static AudioGen GetPretrained(string name = "facebook/audiogen-medium", Device? device = null) =>
        GetPretrained(name, new PretrainedOptions { Device = device });

    /// <summary>Loads a model, with options.</summary>
    /// <inheritdoc cref="GetPretrained(string, Device)"/>
    public static AudioGen GetPretrained(string name, PretrainedOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        var parts = GenModelLoader.Load(name, options, "AudioGen");
        return new AudioGen(name, parts.CompressionModel, parts.LM, parts.MaxDuration, options.Logger);
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
}
