using System.Diagnostics;
using AudioCraft.Conditioning;
using AudioCraft.Generation;
using AudioCraft.Hub;
using AudioCraft.LanguageModel;
using AudioCraft.Layers;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Puts a generative model together from a checkpoint directory in audiocraft's format (audiocraft/models/loaders.py).</summary>
internal static class GenModelLoader
{
    /// <summary>What a generative model is made of.</summary>
    internal readonly record struct Parts(CompressionModel CompressionModel, LMModel LM, double MaxDuration, double? CfgCoef = null, double? Temperature = null, int? TopK = null)
    {
        /// <summary>How the model sounds best, where its checkpoint says so; upstream's checkpoints never do.</summary>
        public GenerationParams Suggested(GenerationParams parameters) =>
            parameters with { CfgCoef = CfgCoef ?? parameters.CfgCoef, Temperature = Temperature ?? parameters.Temperature, TopK = TopK ?? parameters.TopK };
    }

    /// <summary>Loads the codec, the language model and its text encoder.</summary>
    /// <param name="name">A checkpoint's directory, or a name that <see cref="PretrainedOptions.Fetcher"/> finds one by.</param>
    /// <param name="options">How to load.</param>
    /// <param name="kind">The model that is asked for, for messages.</param>
    public static Parts Load(string name, PretrainedOptions options, string kind)
    {
        var watch = Stopwatch.StartNew();
        var device = options.ResolvedDevice;
        LMWeights.CheckPrecision(options.Precision, device);
        name = options.Fetcher?.Find(name, ModelKind.Generative) ?? name;
        if (HuggingFaceGenModelLoader.TryLoad(name, options, kind) is { } parts)
        {
            GenerationLog.Loaded(options.Logger ?? NullLogger.Instance, name, device, watch.Elapsed.TotalSeconds);
            return parts;
        }

        using var checkpoint = AudioCraftCheckpoint.OpenLanguageModel(name);
        RefuseWaveformConditions(checkpoint.Config, name, kind);
        var config = LMConfig.FromXpConfig(checkpoint.Config);
        RefuseOversize(config, checkpoint.Weights, name);
        var maxDuration = checkpoint.Config.GetDouble("dataset.segment_duration");
        if (!(maxDuration > 0) || double.IsInfinity(maxDuration))
        {
            throw new CheckpointException($"dataset.segment_duration is {maxDuration}; seconds above 0 are expected.");
        }

        var lm = LoadLanguageModel(config, checkpoint, name, options, device);
        CompressionModel? codec = null;
        try
        {
            codec = WrappedCodec(CompressionModelLoader.Load(name, device, options.Fetcher), checkpoint.Config);
            GenerationLog.Loaded(options.Logger ?? NullLogger.Instance, name, device, watch.Elapsed.TotalSeconds);
            RefuseOtherCodes(codec, lm, name);
            return new Parts(codec, lm, maxDuration, Suggestion(checkpoint.Config, "cfg_coef"), Suggestion(checkpoint.Config, "temperature"), SuggestedTopK(checkpoint.Config));
        }
        catch
        {
            codec?.Dispose();
            lm.Dispose();
            throw;
        }
    }

    /// <summary>The codec as the language model was trained on it: for stereo two of one channel, and perhaps not all of its codebooks (get_wrapped_compression_model).</summary>
    /// <param name="codec">The codec, which is disposed of if it does not fit.</param>
    /// <param name="config">The language model's configuration.</param>
    internal static CompressionModel WrappedCodec(CompressionModel codec, XpConfig config)
    {
        const string section = "interleave_stereo_codebooks", codebooks = "compression_model_n_q";
        try
        {
            if (config.GetBool($"{section}.use", false))
            {
                if (codec.Channels != 1)
                {
                    throw new CheckpointException($"'{section}.use' asks for stereo from a codec for mono, but the codec has {codec.Channels} channels.");
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

    private static double? Suggestion(XpConfig config, string what)
    {
        var name = $"{LMConfigWriter.SuggestionSection}.{what}";
        return !config.Has(name) ? null : config.GetDouble(name) is >= 0 and <= 100 and var value ? value : throw new CheckpointException($"{name} is {config.GetDouble(name)}; 0 to 100 is expected.");
    }

    private static int? SuggestedTopK(XpConfig config)
    {
        const string name = $"{LMConfigWriter.SuggestionSection}.top_k";
        return !config.Has(name) ? null : config.GetInt32(name) is >= 0 and var value ? value : throw new CheckpointException($"{name} is {config.GetInt32(name)}; 0 or more is expected.");
    }

    private static LMModel LoadLanguageModel(LMConfig config, AudioCraftCheckpoint checkpoint, string name, PretrainedOptions options, Device device)
    {
        IReadOnlyList<KeyValuePair<string, TextConditioner>> conditioners = [];
        LMModel? model = null;
        try
        {
            using (new DeferredInitialization())
            {
                conditioners = ConditionerLoader.Load(checkpoint.Config, config, name, options, device);
                model = new LMModel(config, conditioners);
            }

            LMWeights.LoadTo(device, model, checkpoint.Weights, options.Precision);
            return model;
        }
        catch
        {
            // The model owns its conditioners once it is built.
            model?.Dispose();
            foreach (var (_, conditioner) in model is null ? conditioners : [])
            {
                conditioner.Dispose();
            }

            throw;
        }
    }

    private static void RefuseWaveformConditions(XpConfig config, string name, string kind)
    {
        if (config.Has("conditioners") && config.Keys("conditioners").Contains("self_wav"))
        {
            throw new CheckpointException($"'{name}' has the condition 'self_wav': {kind} does not take waveforms as conditions.");
        }
    }

    private static void RefuseOtherCodes(CompressionModel codec, LMModel lm, string name)
    {
        if (codec.NumCodebooks != lm.NumCodebooks || codec.Cardinality != lm.Config.Cardinality)
        {
            throw new CheckpointException(
                $"'{name}': the codec has {codec.NumCodebooks} codebooks of {codec.Cardinality} entries, the language model speaks {lm.NumCodebooks} of {lm.Config.Cardinality}.");
        }
    }

    // A configuration is a few numbers; what it asks for must not be allocated before the file is known to hold it.
    internal static void RefuseOversize(LMConfig config, TensorArchive weights, string name)
    {
        var stored = weights.Tensors.Values.Sum(tensor => tensor.ElementCount);
        if (config.ParameterCount > stored)
        {
            throw new CheckpointException($"The configuration of '{name}' describes a language model of {config.ParameterCount:N0} weights, but the file holds {stored:N0}.");
        }
    }
}
