using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.LanguageModel;

/// <summary>Language models of the golden cases, without their conditioners: the cases record the condition tensors.</summary>
internal static class GoldenLM
{
    public static LMModel Load(string name)
    {
        using var json = Golden.Config(name);
        var model = new LMModel(Config(json.RootElement));
        using var weights = SafetensorsFile.Open(Golden.File(name, "weights.safetensors"));
        LMWeights.Load(model, weights, new WeightLoadOptions { MayBeUnused = key => key.StartsWith("condition_provider.", StringComparison.Ordinal) });
        model.eval();
        return model;
    }

    /// <summary>The configuration of a case, converted to a checkpoint's form and read from it.</summary>
    public static LMConfig Config(JsonElement root)
    {
        var pattern = root.GetProperty("pattern");
        var modeling = pattern.GetProperty("modeling").GetString()!;
        var fuser = root.GetProperty("fuser");
        var sections = new Dictionary<string, object>
        {
            ["lm_model"] = "transformer_lm",
            ["transformer_lm"] = root.GetProperty("lm"),
            ["classifier_free_guidance"] = new Dictionary<string, object> { ["inference_coef"] = root.GetProperty("lm").GetProperty("cfg_coef") },
            ["fuser"] = fuser.EnumerateObject().Where(p => p.Name != "fuse2cond").Concat(fuser.GetProperty("fuse2cond").EnumerateObject()).ToDictionary(p => p.Name, p => p.Value),
            ["codebooks_pattern"] = new Dictionary<string, object>
            {
                ["modeling"] = modeling,
                [modeling] = pattern.EnumerateObject().Where(p => p.Name != "modeling").ToDictionary(p => p.Name, p => p.Value),
            },
        };

        // JSON is YAML. A checkpoint with cross-attention needs a condition to read; the cases have one.
        return LMConfig.FromCheckpointConfig(CheckpointConfig.Parse(JsonSerializer.Serialize(sections), "golden"));
    }

    /// <summary>The recorded condition tensors <c>PREFIX_embeds</c> (of the description) and <c>PREFIX_embeds_NAME</c> of a case, descriptions first.</summary>
    public static ConditionTensors Conditions(TensorArchive io, string prefix, long? items = null)
    {
        ConditionTensor Read(string suffix, string name)
        {
            var (embeddings, mask) = (io.Read($"{prefix}embeds{suffix}"), io.Read($"{prefix}mask{suffix}"));
            var count = items ?? embeddings.size(0);
            return ConditionTensor.WithMask(name, embeddings.narrow(0, 0, count), mask.narrow(0, 0, count));
        }

        var start = $"{prefix}embeds";
        return new ConditionTensors([
            .. io.Tensors.Keys.Where(key => key == start || key.StartsWith($"{start}_", StringComparison.Ordinal)).OrderBy(key => key.Length)
                .Select(key => Read(key[start.Length..], key == start ? "description" : key[(start.Length + 1)..])),
        ]);
    }
}
