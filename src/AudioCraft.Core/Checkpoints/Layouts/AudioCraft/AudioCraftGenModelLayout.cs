using AudioCraft.Conditioning;
using AudioCraft.LanguageModel;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A generation model in audiocraft's format (audiocraft/models/loaders.py): language model, codec and text encoder in separate files.</summary>
internal sealed class AudioCraftGenModelLayout : ICheckpointLayout<GenModelParts>
{
    /// <summary>The text encoder, if it is part of the checkpoint.</summary>
    private static readonly string[] TextEncoder =
    [
        .. HuggingFaceT5Layout.Files.Required.Append(HuggingFaceT5Layout.Files.OneOf[0]).Append(CheckpointFiles.TokenizerConfig)
            .Select(name => $"{CheckpointFiles.TextEncoderFolder}/{name}"),
    ];

    public string Name => "a model of audiocraft";

    public IReadOnlyList<CheckpointFileSet> FileSets { get; } =
    [
        new(CheckpointFiles.Config, CheckpointFiles.ConvertedLanguageModel) { Optional = [CheckpointFiles.ConvertedCompressionModel, .. TextEncoder, CheckpointFiles.Card, CheckpointFiles.Kinds] },
        new(CheckpointFiles.LanguageModel, CheckpointFiles.CompressionModel) { Optional = [.. TextEncoder, CheckpointFiles.Card, CheckpointFiles.Kinds] },
    ];

    public bool CanRead(CheckpointSource source) => AudioCraftCheckpoint.IsIn(source, AudioCraftCheckpoint.LanguageModelName) && !IsOnlyCompleteInHuggingFaceLayout(source);

    public GenModelParts Load(CheckpointSource source)
    {
        var name = source.Path;
        using var checkpoint = AudioCraftCheckpoint.Open(source, AudioCraftCheckpoint.LanguageModelName);
        var solver = checkpoint.Config.GetString("solver", "");
        if (ClassOf(solver) is { } isMusicGen)
        {
            source.CheckClass(isMusicGen);
        }

        CheckNoWaveformConditions(checkpoint.Config, name);
        var config = LMConfig.FromCheckpointConfig(checkpoint.Config);
        checkpoint.Weights.CheckHolds(config.ParameterCount, "language model");
        var maxDuration = checkpoint.Config.GetDouble("dataset.segment_duration");
        if (!(maxDuration > 0) || double.IsInfinity(maxDuration))
        {
            throw new CheckpointException($"dataset.segment_duration is {maxDuration}; seconds above 0 are expected.");
        }

        var lm = LoadLanguageModel(config, checkpoint, name, source.Context);
        try
        {
            return new GenModelParts(
                WrappedCodec(LoadCodec(source), checkpoint.Config),
                lm,
                maxDuration,
                ClassOf(solver) ?? solver == "lm",
                Suggestion(checkpoint.Config, "cfg_coef"),
                Suggestion(checkpoint.Config, "temperature"),
                SuggestedTopK(checkpoint.Config));
        }
        catch
        {
            lm.Dispose();
            throw;
        }
    }

    public void PlanConversion(CheckpointSource source, ConversionPlan plan, ScalarType? type)
    {
        var lm = plan.Keep(AudioCraftCheckpoint.Open(source, AudioCraftCheckpoint.LanguageModelName));
        plan.AddWeights(CheckpointFiles.ConvertedLanguageModel, lm.Weights, type);
        if (ConditionerLoader.FirstTextEncoder(lm.Config, source.Directory, source.Context) is { } encoder)
        {
            var weights = plan.Keep(HuggingFaceFiles.OpenWeights(encoder, source.Context.Options.MemoryMap));
            plan.AddWeights(Path.Combine(CheckpointFiles.TextEncoderFolder, CheckpointFiles.Weights), weights, type, name => T5Encoder.IsOfEncoder(name, weights.Tensors.ContainsKey));
            plan.AddCopies(encoder, CheckpointFiles.TextEncoderFolder, [.. HuggingFaceT5Layout.Files.Required, CheckpointFiles.TokenizerConfig]);
        }

        plan.WriteConfig([(AudioCraftCheckpoint.LanguageModelName, AudioCraftCheckpoint.ConfigKey, lm.ConfigText), AudioCraftCodecLayout.PlanWeights(source, plan)]);
    }

    /// <summary>
    /// Released repositories contain a model in both layouts, and Hugging Face's includes the text encoder. It is used if its weights exist,
    /// unless the files of audiocraft exist with their text encoder.
    /// </summary>
    private static bool IsOnlyCompleteInHuggingFaceLayout(CheckpointSource source)
    {
        var hasTextEncoder = source.Context.Options.TextEncoder is not null || Directory.Exists(source.PathOf(CheckpointFiles.TextEncoderFolder));
        var isComplete = hasTextEncoder && source.Has(CheckpointFiles.LanguageModel) && source.Has(CheckpointFiles.CompressionModel);
        return !isComplete && HuggingFaceFiles.HasWeights(source.Directory) && new HuggingFaceMusicGenLayout().CanRead(source);
    }

    /// <summary>Whether a solver of audiocraft (audiocraft/solvers/builders.py) trains MusicGen (true) or AudioGen (false); null if the name does not determine it.</summary>
    private static bool? ClassOf(string solver) => solver switch
    {
        "musicgen" => true,
        "audiogen" or "sound_lm" => false,
        _ => null,
    };

    private static CompressionModel LoadCodec(CheckpointSource source) =>
        CheckpointLoader.LayoutOf(CheckpointLoader.Codecs, source, "codec").Load(source);

    /// <summary>The codec as used in training the language model: for stereo two mono streams, and possibly a subset of the codebooks (get_wrapped_compression_model).</summary>
    /// <param name="codec">The codec; disposed on error.</param>
    /// <param name="config">The language model's configuration.</param>
    internal static CompressionModel WrappedCodec(CompressionModel codec, CheckpointConfig config)
    {
        const string section = "interleave_stereo_codebooks", codebooks = "compression_model_n_q";
        try
        {
            if (config.GetBool($"{section}.use", false))
            {
                if (codec.Channels != 1)
                {
                    throw new CheckpointException($"'{section}.use' needs a mono codec, but the codec has {codec.Channels} channels.");
                }

                codec = new InterleaveStereoCompressionModel(codec, config.GetBool($"{section}.per_timestep", false));
            }

            if (config.Has(codebooks))
            {
                var count = config.GetInt32(codebooks);
                if (count < 1 || count > codec.TotalCodebooks)
                {
                    throw new CheckpointException($"'{codebooks}' is {count}; the codec has {codec.TotalCodebooks} codebooks.");
                }

                codec.SetNumCodebooks(count);
            }

            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    private static double? Suggestion(CheckpointConfig config, string what)
    {
        var name = $"{LMConfigWriter.SuggestionSection}.{what}";
        return !config.Has(name) ? null : config.GetDouble(name) is >= 0 and <= 100 and var value ? value : throw new CheckpointException($"{name} is {config.GetDouble(name)}; 0 to 100 is expected.");
    }

    private static int? SuggestedTopK(CheckpointConfig config)
    {
        const string name = $"{LMConfigWriter.SuggestionSection}.top_k";
        return !config.Has(name) ? null : config.GetInt32(name) is >= 0 and var value ? value : throw new CheckpointException($"{name} is {config.GetInt32(name)}; 0 or more is expected.");
    }

    private static LMModel LoadLanguageModel(LMConfig config, AudioCraftCheckpoint checkpoint, string name, LoadContext context)
    {
        IReadOnlyList<KeyValuePair<string, TextConditioner>> conditioners = [];
        LMModel? model = null;
        try
        {
            using (new DeferredInitialization())
            {
                conditioners = ConditionerLoader.Load(checkpoint.Config, config, name, context);
                model = new LMModel(config, conditioners);
            }

            LMWeights.LoadTo(context.Device, model, checkpoint.Weights, context.Options.Precision);
            return model;
        }
        catch
        {
            // The model owns its conditioners once it is created.
            model?.Dispose();
            foreach (var (_, conditioner) in model is null ? conditioners : [])
            {
                conditioner.Dispose();
            }

            throw;
        }
    }

    private static void CheckNoWaveformConditions(CheckpointConfig config, string name)
    {
        if (config.Has("conditioners") && config.Keys("conditioners").Contains("self_wav"))
        {
            throw new CheckpointException($"'{name}' has the condition 'self_wav'; conditioning on waveforms is not supported.");
        }
    }
}
