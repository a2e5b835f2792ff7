using AudioCraft.Conditioning;
using AudioCraft.Hub;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Makes the conditioners that a checkpoint's configuration names (<c>get_conditioner_provider</c> of audiocraft/models/builders.py); their weights are loaded with the model's.</summary>
internal static class ConditionerLoader
{
    private const int LargestTable = 1 << 20;
    private const string TextEncoderFolder = "t5";

    /// <summary>The conditioners in the order of the configuration. The caller owns them.</summary>
    /// <param name="config">The checkpoint's configuration.</param>
    /// <param name="lm">The language model's.</param>
    /// <param name="name">The checkpoint's name, beside which a text encoder may lie.</param>
    /// <param name="options">How to load.</param>
    /// <param name="device">Where the text encoders compute.</param>
    /// <exception cref="CheckpointException">A conditioner is not built, contradicts the fuser, or its text encoder is not there.</exception>
    public static IReadOnlyList<KeyValuePair<string, TextConditioner>> Load(
        XpConfig config, LMConfig lm, string name, PretrainedOptions options, Device device)
    {
        var conditioners = new List<KeyValuePair<string, TextConditioner>>();
        if (!config.Has("conditioners"))
        {
            return conditioners;
        }

        try
        {
            var names = config.Keys("conditioners").Where(key => key != "args").ToList();
            foreach (var condition in names)
            {
                RefuseUnknown(config, lm, condition);
            }

            foreach (var condition in names)
            {
                var section = config.Section($"conditioners.{condition}");
                conditioners.Add(new(condition, section.GetString("model") == "t5" ? NewT5(section, condition, lm, name, options, device) : NewLookup(section, condition, lm)));
            }

            return conditioners;
        }
        catch
        {
            foreach (var (_, conditioner) in conditioners)
            {
                conditioner.Dispose();
            }

            throw;
        }
    }

    private static void RefuseUnknown(XpConfig config, LMConfig lm, string condition)
    {
        var kind = config.GetString($"conditioners.{condition}.model");
        if (kind is not ("t5" or "lut"))
        {
            throw new CheckpointException($"Condition '{condition}' is read by a '{kind}' conditioner, which is not built; t5 and lut are.");
        }

        if (!lm.ConditionNames.Contains(condition))
        {
            throw new CheckpointException(
                $"The fuser does not say how condition '{condition}' is used: none of fuser.cross, prepend, sum, input_interpolate and ignore names it.");
        }
    }

    private static LookupConditioner NewLookup(XpConfig section, string condition, LMConfig lm)
    {
        var tokenizer = section.GetString("lut.tokenizer");
        if (tokenizer != "noop")
        {
            throw new CheckpointException($"Condition '{condition}' is split into words by '{tokenizer}', which takes spaCy and is not built; lut.tokenizer: noop is.");
        }

        var (bins, dim, padIndex) = (section.GetInt32("lut.n_bins"), section.GetInt32("lut.dim"), section.GetInt32("lut.pad_idx", 0));
        return bins is >= 1 and <= LargestTable && dim is >= 1 and <= LargestTable && (long)bins * dim <= int.MaxValue && padIndex >= 0 && padIndex < bins
            ? new LookupConditioner(bins, dim, lm.Dim, padIndex)
            : throw new CheckpointException($"Condition '{condition}' asks for a table of {bins} vectors of {dim} numbers, {padIndex} of which stands for nothing.");
    }

    private static T5Conditioner NewT5(XpConfig section, string condition, LMConfig lm, string name, PretrainedOptions options, Device device)
    {
        var encoder = T5TextEncoder.Load(TextEncoderDirectory(section, name, options), device);
        try
        {
            if (section.GetBool("t5.finetune", false))
            {
                throw new CheckpointException($"The T5 of condition '{condition}' was trained with the model (t5.finetune), which is not built; a T5 of its own is.");
            }

            return new T5Conditioner(encoder, lm.Dim, section.GetBool("t5.normalize_text", false));
        }
        catch
        {
            encoder.Dispose();
            throw;
        }
    }

    private static string TextEncoderDirectory(XpConfig section, string name, PretrainedOptions options)
    {
        if (options.TextEncoder is not null)
        {
            return GivenTextEncoder(options.TextEncoder, options);
        }

        var beside = Beside(name);
        if (Directory.Exists(beside))
        {
            return beside;
        }

        var id = section.GetString("t5.name");
        return options.Fetcher?.FindNamed(
                id, ModelKind.TextEncoder, $"The checkpoint '{name}' has no folder '{TextEncoderFolder}' with its text encoder, and {nameof(PretrainedOptions)}.{nameof(PretrainedOptions.TextEncoder)} is not set: it")
            ?? throw new CheckpointException(
                $"The text encoder '{id}' is not part of the checkpoint '{name}': put its files (config.json, model.safetensors, spiece.model) into '{beside}', "
                + $"or name their directory in {nameof(PretrainedOptions)}.{nameof(PretrainedOptions.TextEncoder)}.");
    }

    /// <summary>The directory of the text encoder that the first condition of the kind takes; null where no condition is a text of that kind.</summary>
    public static string? FirstTextEncoder(XpConfig config, string name, PretrainedOptions options)
    {
        var conditions = config.Has("conditioners") ? config.Keys("conditioners").Where(key => key != "args") : [];
        return conditions.Select(condition => config.Section($"conditioners.{condition}")).FirstOrDefault(section => section.GetString("model", "") == "t5") is { } text
            ? TextEncoderDirectory(text, name, options)
            : null;
    }

    /// <summary>The folder of a checkpoint's directory that may hold its text encoder.</summary>
    public static string Beside(string name) => Path.Combine(Directory.Exists(name) ? name : Path.GetDirectoryName(Path.GetFullPath(name))!, TextEncoderFolder);

    /// <summary>The directory of the text encoder that the caller named: a directory, or a repository on the Hub.</summary>
    public static string GivenTextEncoder(string given, PretrainedOptions options) => Directory.Exists(given)
        ? given
        : options.Fetcher?.FindNamed(given, ModelKind.TextEncoder, $"There is no directory '{given}' for {nameof(PretrainedOptions)}.{nameof(PretrainedOptions.TextEncoder)}, which") ?? given;
}
