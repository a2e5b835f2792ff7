using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.LanguageModel;

namespace AudioCraft.Tests.LanguageModel;

/// <summary>Language models of the golden cases, without their text encoder: the cases record the condition tensors.</summary>
internal static class GoldenLM
{
    public static LMModel Load(string name)
    {
        using var json = Golden.Config(name);
        var model = new LMModel(Config(json.RootElement));
        using var weights = SafetensorsFile.Open(Golden.File(name, "weights.safetensors"));
        WeightLoader.Load(model, weights, new WeightLoadOptions { MayBeUnused = key => key.StartsWith("condition_provider.", StringComparison.Ordinal) });
        model.eval();
        return model;
    }

    private static LMConfig Config(JsonElement root)
    {
        var lm = root.GetProperty("lm");
        var config = new LMConfig
        {
            NumCodebooks = lm.GetProperty("n_q").GetInt32(),
            Cardinality = lm.GetProperty("card").GetInt32(),
            Dim = lm.GetProperty("dim").GetInt32(),
            NumHeads = lm.GetProperty("num_heads").GetInt32(),
            NumLayers = lm.GetProperty("num_layers").GetInt32(),
            HiddenScale = lm.GetProperty("hidden_scale").GetDouble(),
            NormFirst = lm.GetProperty("norm_first").GetBoolean(),
            BiasAttention = lm.GetProperty("bias_attn").GetBoolean(),
            BiasFeedForward = lm.GetProperty("bias_ff").GetBoolean(),
            BiasProjection = lm.GetProperty("bias_proj").GetBoolean(),
            CfgCoef = lm.GetProperty("cfg_coef").GetDouble(),
            Delays = [.. root.GetProperty("pattern").GetProperty("delays").EnumerateArray().Select(delay => delay.GetInt32())],
            CrossConditions = [.. root.GetProperty("fuser").GetProperty("fuse2cond").GetProperty("cross").EnumerateArray().Select(name => name.GetString()!)],
        };
        LMConfigChecks.RefuseBadSizes(config);
        return config;
    }
}
