using AudioCraft.Conditioning;
using AudioCraft.LanguageModel;
using AudioCraft.Layers;
using TorchSharp;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Hugging Face's MusicGen layout: one set of weights with the text encoder, the codec and the language model, one <c>config.json</c> that describes the three,
/// and the tokenizer beside them. An AudioGen converted to it loads the same way.
/// </summary>
internal sealed class HuggingFaceMusicGenLayout : ICheckpointLayout<GenModelParts>
{
    private const string Condition = "description";
    private const string TextEncoderPrefix = "text_encoder.", CodecPrefix = "audio_encoder.";

    /// <summary>Seconds of MusicGen's window, if there is no <c>generation_config.json</c>.</summary>
    private const double DefaultWindow = 30;

    public string Name => $"a MusicGen in Hugging Face's layout ({CheckpointFiles.Config} with model_type {HuggingFaceMusicGenConfig.ModelType}, {CheckpointFiles.Weights} and {CheckpointFiles.Tokenizer})";

    /// <remarks>
    /// Released repositories hold a model in both layouts. This one needs nothing else, so it is preferred if its weights exist,
    /// unless audiocraft's own files exist with their text encoder.
    /// </remarks>
    public bool CanRead(CheckpointSource source)
    {
        if (source.IsFile || !source.Has(CheckpointFiles.Config))
        {
            return false;
        }

        var hasPair = source.Has(CheckpointFiles.LanguageModel) && source.Has(CheckpointFiles.CompressionModel);
        var hasTextEncoder = source.Context.Options.TextEncoder is not null || Directory.Exists(source.PathOf(CheckpointFiles.TextEncoderFolder));
        return (!hasPair || (ModelDirectory.HasWeights(source.Directory) && !hasTextEncoder))
            && source.ModelType is { } type && (type == HuggingFaceMusicGenConfig.ModelType || type.StartsWith(HuggingFaceMusicGenConfig.ModelType + "_", StringComparison.Ordinal));
    }

    public GenModelParts Load(CheckpointSource source)
    {
        HuggingFaceMusicGenConfig.CheckTextOnly(source.ModelType, source.Path);
        using var weights = ModelDirectory.OpenWeights(source.Directory);
        var config = new HuggingFaceMusicGenConfig(source.Config!);
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
        GenModelParts.CheckSize(lmConfig, archive, source.Path);
        var text = context.Options.TextEncoder is { } elsewhere
            ? T5TextEncoder.Load(ConditionerLoader.GivenTextEncoder(elsewhere, context), context.Device)
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
            // Each owns the one before it.
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

        var generation = XpConfig.LoadJson(source.PathOf(CheckpointFiles.GenerationConfig));
        return !generation.Has("max_length") ? DefaultWindow
            : generation.GetInt64("max_length") is > 0 and var frames ? frames / frameRate
            : throw generation.Unsupported("max_length", "above 0 is expected");
    }
}
