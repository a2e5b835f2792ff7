using AudioCraft.Conditioning;
using AudioCraft.Hub;
using TorchSharp;

namespace AudioCraft.Checkpoints;

/// <summary>Builds the conditioners of a checkpoint's configuration (<c>get_conditioner_provider</c> of audiocraft/models/builders.py); their weights are loaded with the model's.</summary>
internal static class ConditionerLoader
{
    private const int LargestTable = 1 << 20;

    /// <summary>The conditioners in the order of the configuration. The caller owns them.</summary>
    /// <param name="config">The checkpoint's configuration.</param>
    /// <param name="lm">The language model's configuration.</param>
    /// <param name="name">The checkpoint's directory or file, which may contain a text encoder.</param>
    /// <param name="context">The call that loads the model.</param>
    /// <exception cref="CheckpointException">A conditioner is not supported, contradicts the fuser, or its text encoder does not exist.</exception>
    public static IReadOnlyList<KeyValuePair<string, TextConditioner>> Load(
        CheckpointConfig config, LMConfig lm, string name, LoadContext context)
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
                CheckSupported(config, lm, condition);
            }

            foreach (var condition in names)
            {
                var section = config.Section($"conditioners.{condition}");
                conditioners.Add(new(condition, section.GetString("model") == "t5" ? NewT5(section, condition, lm, name, context) : NewLookup(section, condition, lm)));
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

    private static void CheckSupported(CheckpointConfig config, LMConfig lm, string condition)
    {
        var kind = config.GetString($"conditioners.{condition}.model");
        if (kind is not ("t5" or "lut"))
        {
            throw new CheckpointException($"Condition '{condition}' has a '{kind}' conditioner; t5 and lut are supported.");
        }

        if (!lm.ConditionNames.Contains(condition))
        {
            throw new CheckpointException(
                $"The fuser does not list condition '{condition}' in any of fuser.cross, prepend, sum, input_interpolate and ignore.");
        }
    }

    private static LookupConditioner NewLookup(CheckpointConfig section, string condition, LMConfig lm)
    {
        var tokenizer = section.GetString("lut.tokenizer");
        if (tokenizer != "noop")
        {
            throw new CheckpointException($"Condition '{condition}' has the tokenizer '{tokenizer}', which needs spaCy; only lut.tokenizer: noop is supported.");
        }

        var (bins, dim, padIndex) = (section.GetInt32("lut.n_bins"), section.GetInt32("lut.dim"), section.GetInt32("lut.pad_idx", 0));
        return bins is >= 1 and <= LargestTable && dim is >= 1 and <= LargestTable && (long)bins * dim <= int.MaxValue && padIndex >= 0 && padIndex < bins
            ? new LookupConditioner(bins, dim, lm.Dim, padIndex)
            : throw new CheckpointException($"Condition '{condition}' has a table of {bins} vectors of {dim} numbers with pad_idx {padIndex}; 1 to {LargestTable} vectors of 1 to {LargestTable} numbers, and pad_idx below the number of vectors, are supported.");
    }

    private static T5Conditioner NewT5(CheckpointConfig section, string condition, LMConfig lm, string name, LoadContext context)
    {
        var encoder = CheckpointLoader.LoadTextEncoder(TextEncoderDirectory(section, name, context), context);
        try
        {
            if (section.GetBool("t5.finetune", false))
            {
                throw new CheckpointException($"The T5 of condition '{condition}' was trained with the model (t5.finetune), which is not supported.");
            }

            return new T5Conditioner(encoder, lm.Dim, section.GetBool("t5.normalize_text", false));
        }
        catch
        {
            encoder.Dispose();
            throw;
        }
    }

    private static string TextEncoderDirectory(CheckpointConfig section, string name, LoadContext context)
    {
        if (context.Options.TextEncoder is not null)
        {
            return GivenTextEncoder(context.Options.TextEncoder, context);
        }

        var beside = Beside(name);
        if (Directory.Exists(beside))
        {
            return beside;
        }

        var id = section.GetString("t5.name");
        return context.Fetcher.FindNamed(
                id, ModelKind.TextEncoder, $"The checkpoint '{name}' has no folder '{CheckpointFiles.TextEncoderFolder}' with its text encoder, and {nameof(PretrainedOptions)}.{nameof(PretrainedOptions.TextEncoder)} is not set: it")
            ?? throw new CheckpointException(
                $"The text encoder '{id}' is not part of the checkpoint '{name}': put its files ({HuggingFaceT5Layout.Files}) into '{beside}', "
                + $"or set their directory in {nameof(PretrainedOptions)}.{nameof(PretrainedOptions.TextEncoder)}.");
    }

    /// <summary>The directory of the text encoder of the first T5 condition; null if there is none.</summary>
    public static string? FirstTextEncoder(CheckpointConfig config, string name, LoadContext context)
    {
        var conditions = config.Has("conditioners") ? config.Keys("conditioners").Where(key => key != "args") : [];
        return conditions.Select(condition => config.Section($"conditioners.{condition}")).FirstOrDefault(section => section.GetString("model", "") == "t5") is { } text
            ? TextEncoderDirectory(text, name, context)
            : null;
    }

    /// <summary>The folder of a checkpoint's directory that may hold its text encoder.</summary>
    public static string Beside(string name) => Path.Combine(Directory.Exists(name) ? name : Path.GetDirectoryName(Path.GetFullPath(name))!, CheckpointFiles.TextEncoderFolder);

    /// <summary>The directory of the text encoder that the caller set: a directory, or a repository on the Hub.</summary>
    public static string GivenTextEncoder(string given, LoadContext context) => Directory.Exists(given)
        ? given
        : context.Fetcher.FindNamed(given, ModelKind.TextEncoder, $"There is no directory '{given}' for {nameof(PretrainedOptions)}.{nameof(PretrainedOptions.TextEncoder)}, which") ?? given;
}
