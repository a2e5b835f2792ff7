using System.Diagnostics;
using AudioCraft.Conditioning;
using AudioCraft.Layers;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Puts a generative model together from a checkpoint directory in audiocraft's format (audiocraft/models/loaders.py).</summary>
internal static class GenModelLoader
{
    /// <summary>What a generative model is made of.</summary>
    internal readonly record struct Parts(CompressionModel CompressionModel, LMModel LM, double MaxDuration);

    /// <summary>Loads the codec, the language model and its text encoder.</summary>
    /// <param name="name">A checkpoint's directory.</param>
    /// <param name="options">How to load.</param>
    /// <param name="kind">The model that is asked for, for messages.</param>
    public static Parts Load(string name, PretrainedOptions options, string kind)
    {
        var watch = Stopwatch.StartNew();
        var device = options.ResolvedDevice;
        using var checkpoint = AudioCraftCheckpoint.OpenLanguageModel(name);
        RefuseWaveformConditions(checkpoint.Config, name, kind);
        var config = LMConfig.FromXpConfig(checkpoint.Config);
        RefuseOversize(config, checkpoint.Weights, name);
        var maxDuration = checkpoint.Config.GetDouble("dataset.segment_duration");
        var lm = LoadLanguageModel(config, checkpoint, name, options, device);
        try
        {
            var codec = CompressionModel.GetPretrained(name, device);
            if (checkpoint.Config.Has("compression_model_n_q"))
            {
                codec.SetNumCodebooks(checkpoint.Config.GetInt32("compression_model_n_q"));
            }

            GenerationLog.Loaded(options.Logger ?? NullLogger.Instance, name, device, watch.Elapsed.TotalSeconds);
            return new Parts(codec, lm, maxDuration);
        }
        catch
        {
            lm.Dispose();
            throw;
        }
    }

    private static LMModel LoadLanguageModel(LMConfig config, AudioCraftCheckpoint checkpoint, string name, PretrainedOptions options, Device device)
    {
        var conditioners = new Dictionary<string, T5Conditioner>();
        LMModel? model = null;
        try
        {
            using (new DeferredInitialization())
            {
                foreach (var condition in Conditions(checkpoint.Config))
                {
                    var encoder = T5TextEncoder.Load(TextEncoderDirectory(checkpoint.Config, condition, name, options), device);
                    conditioners.Add(condition, new T5Conditioner(encoder, config.Dim));
                }

                model = new LMModel(config, conditioners);
            }

            WeightLoader.Load(model, checkpoint.Weights);
            model.to(device);
            model.eval();
            return model;
        }
        catch
        {
            // The model owns its conditioners once it is built.
            model?.Dispose();
            foreach (var conditioner in model is null ? conditioners.Values : Enumerable.Empty<T5Conditioner>())
            {
                conditioner.Dispose();
            }

            throw;
        }
    }

    private static IEnumerable<string> Conditions(XpConfig config)
    {
        if (!config.Has("conditioners"))
        {
            yield break;
        }

        foreach (var name in config.Keys("conditioners").Where(key => key != "args"))
        {
            var kind = config.GetString($"conditioners.{name}.model");
            if (kind != "t5")
            {
                throw new CheckpointException($"Condition '{name}' is read by a '{kind}' conditioner, which is not built; t5 is.");
            }

            yield return name;
        }
    }

    private static string TextEncoderDirectory(XpConfig config, string condition, string name, PretrainedOptions options)
    {
        if (options.TextEncoder is not null)
        {
            return options.TextEncoder;
        }

        var beside = Path.Combine(Directory.Exists(name) ? name : Path.GetDirectoryName(Path.GetFullPath(name))!, "t5");
        if (Directory.Exists(beside))
        {
            return beside;
        }

        var id = config.GetString($"conditioners.{condition}.t5.name");
        throw new CheckpointException(
            $"The text encoder '{id}' is not part of the checkpoint '{name}': put its files (config.json, model.safetensors, spiece.model) into '{beside}', "
            + $"or name their directory in {nameof(PretrainedOptions)}.{nameof(PretrainedOptions.TextEncoder)}.");
    }

    private static void RefuseWaveformConditions(XpConfig config, string name, string kind)
    {
        if (config.Has("conditioners") && config.Keys("conditioners").Contains("self_wav"))
        {
            throw new CheckpointException($"'{name}' has the condition 'self_wav': {kind} does not take waveforms as conditions.");
        }
    }

    // A configuration is a few numbers; what it asks for must not be allocated before the file is known to hold it.
    private static void RefuseOversize(LMConfig config, TensorArchive weights, string name)
    {
        var stored = weights.Tensors.Values.Sum(tensor => tensor.ElementCount);
        if (config.ParameterCount > stored)
        {
            throw new CheckpointException($"The configuration of '{name}' describes a language model of {config.ParameterCount:N0} weights, but the file holds {stored:N0}.");
        }
    }
}
