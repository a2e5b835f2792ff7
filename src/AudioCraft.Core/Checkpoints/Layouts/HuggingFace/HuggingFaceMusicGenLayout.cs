using AudioCraft.Conditioning;
using AudioCraft.LanguageModel;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Hugging Face's MusicGen layout: one set of weights with the text encoder, the codec and the language model, one <c>config.json</c> that describes the three,
/// and the tokenizer. An AudioGen converted to this layout can be loaded, too.
/// </summary>
internal sealed class HuggingFaceMusicGenLayout : ICheckpointLayout<GenModelParts>
{
    private const string Condition = "description";
    private const string TextEncoderPrefix = "text_encoder.", CodecPrefix = "audio_encoder.";

    /// <summary>The window of the released MusicGen models in seconds, used without a <c>generation_config.json</c>.</summary>
    private const double DefaultWindow = 30;

    /// <summary>Sample rate of the released MusicGen models. The configuration of an AudioGen in this layout is the same except for its sample rate, 16 kHz.</summary>
    private const int MusicGenSampleRate = 32000;

    public string Name => $"a MusicGen in Hugging Face's layout, with model_type {HuggingFaceMusicGenConfig.ModelType}";

    public IReadOnlyList<CheckpointFileSet> FileSets { get; } =
        [HuggingFaceFiles.With([CheckpointFiles.Tokenizer], [CheckpointFiles.GenerationConfig, CheckpointFiles.TokenizerConfig, CheckpointFiles.PreprocessorConfig])];

    public bool CanRead(CheckpointSource source) => !source.IsFile && source.ModelType is { } type
        && (type == HuggingFaceMusicGenConfig.ModelType || type.StartsWith(HuggingFaceMusicGenConfig.ModelType + "_", StringComparison.Ordinal));

    public GenModelParts Load(CheckpointSource source)
    {
        HuggingFaceMusicGenConfig.CheckTextOnly(source.ModelType, source.Path);
        var config = new HuggingFaceMusicGenConfig(source.Config!);
        if (config.Codec.GetInt32("sampling_rate", 0) == MusicGenSampleRate)
        {
            source.CheckClass(isMusicGen: true);
        }

        using var weights = HuggingFaceFiles.OpenWeights(source.Directory, source.Context.Options.MemoryMap);
        CompressionModel? codec = null;
        LMModel? lm = null;
        try
        {
            codec = LoadCodec(source, config, weights);
            lm = LoadLanguageModel(source, config, weights);
            return new GenModelParts(codec, lm, Window(source, codec.FrameRate), IsMusicGen: true);
        }
        catch
        {
            codec?.Dispose();
            lm?.Dispose();
            throw;
        }
    }

    public void PlanConversion(CheckpointSource source, ConversionPlan plan, ScalarType? type) => HuggingFaceFiles.PlanConversion(source, plan, type, FileSets[0]);

    private static CompressionModel LoadCodec(CheckpointSource source, HuggingFaceMusicGenConfig config, TensorArchive weights)
    {
        var channels = config.AudioChannels;
        using var archive = new PrefixedArchive(weights, CodecPrefix);
        var codec = HuggingFaceEncodecLayout.Load(config.Codec, archive, source.Context.Device);
        if (codec.Channels == channels)
        {
            return codec;
        }

        if ((channels, codec.Channels) is (2, 1))
        {
            return new InterleaveStereoCompressionModel(codec);
        }

        using (codec)
        {
            throw new CheckpointException($"{source.Path}: the language model has {channels} audio channels, the codec {codec.Channels}.");
        }
    }

    private static LMModel LoadLanguageModel(CheckpointSource source, HuggingFaceMusicGenConfig config, TensorArchive weights)
    {
        var (context, lmConfig) = (source.Context, config.LanguageModel());
        using var archive = new HuggingFaceLMArchive(weights, Condition);
        archive.CheckHolds(lmConfig.ParameterCount, "language model");
        var text = context.Options.TextEncoder is { } elsewhere
            ? CheckpointLoader.LoadTextEncoder(ConditionerLoader.GivenTextEncoder(elsewhere, context), context)
            : T5TextEncoder.Load(source.Directory, config.TextEncoder, weights, TextEncoderPrefix, context.Device);
        T5Conditioner? conditioner = null;
        LMModel? model = null;
        try
        {
            using (new DeferredInitialization())
            {
                conditioner = new T5Conditioner(text, lmConfig.Dim);
                model = new LMModel(lmConfig, new Dictionary<string, T5Conditioner> { [Condition] = conditioner });
            }

            LMWeights.LoadTo(context.Device, model, archive, context.Options.Precision);
            return model;
        }
        catch
        {
            // The model owns the conditioner, which owns the text encoder.
            ((IDisposable?)model ?? (IDisposable?)conditioner ?? text).Dispose();
            throw;
        }
    }

    /// <summary>The window in seconds: the longest sequence that the model was trained to generate.</summary>
    private static double Window(CheckpointSource source, double frameRate)
    {
        if (!source.Has(CheckpointFiles.GenerationConfig))
        {
            return DefaultWindow;
        }

        var generation = CheckpointConfig.LoadJson(source.PathOf(CheckpointFiles.GenerationConfig));
        return !generation.Has("max_length") ? DefaultWindow
            : generation.GetInt64("max_length") is > 0 and var frames ? frames / frameRate
            : throw generation.Unsupported("max_length", "above 0 is expected");
    }
}
