using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>What generation takes beside the weights, estimated from the sizes of the model before anything is allocated.</summary>
internal static class GenerationMemory
{
    private const long FloatSize = sizeof(float);

    /// <summary>Positions of a long description; T5's texts are seldom longer.</summary>
    private const long TextLength = 128;

    /// <summary>Tensors of a layer's largest size that are alive at once while a codec decodes: what goes in, what comes out, and one in between.</summary>
    private const long LayersAlive = 3;

    /// <summary>Where a codec does not tell the width of its widest layer at the rate of the sound.</summary>
    private const long UsualFilters = 64;

    /// <summary>The limit of a model that was given none.</summary>
    public static long DefaultLimit(Device device)
    {
        const long gibibyte = 1L << 30;
        return device.type == DeviceType.CPU
            ? Math.Max(gibibyte, (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet) / 2)
            : 8 * gibibyte;
    }

    /// <summary>How many of a call's items go through the model together: as many as fit the model's limit, at least one.</summary>
    public static int ItemsTogether(BaseGenModel model, WindowPlan plan, GenerationParams parameters, long memoryLimit, int items) =>
        (int)Math.Clamp(memoryLimit / BytesPerItem(model, plan, parameters), 1, items);

    /// <summary>Bytes for one item: the larger of what the language model and what the codec takes, as the one is over when the other begins.</summary>
    public static long BytesPerItem(BaseGenModel model, WindowPlan plan, GenerationParams parameters) =>
        Math.Max(LanguageModel(model, plan, parameters), Codec(model, parameters));

    private static long LanguageModel(BaseGenModel model, WindowPlan plan, GenerationParams parameters)
    {
        var config = model.LM.Config;
        var (frames, prompt) = plan.LargestWindow;
        var rows = parameters.CfgCoefBeta is not null ? 3L : parameters.CfgCoef is 0 or 1 ? 1 : 2;
        var steps = model.LM.PatternProvider.GetPattern(frames).Layout.Count;
        long dim = config.Dim, layers = config.NumLayers;
        var cache = layers * 2 * steps * (dim / config.KeyValueRepeat);
        var text = config.CrossAttention ? layers * 2 * TextLength * dim : 0;

        // A prompt goes through at once: its attention scores, its feed-forward layer, and a few tensors of the model's width.
        var activations = ((long)config.NumHeads * prompt * prompt * 2) + (prompt * ((2L * config.FeedForwardDim) + (8 * dim)));
        var rowsAtOnce = parameters.TwoStepCfg ? 1 : rows;
        return FloatSize * ((rows * (cache + text)) + (rowsAtOnce * activations));
    }

    private static long Codec(BaseGenModel model, GenerationParams parameters)
    {
        var samples = (long)(parameters.Duration * model.SampleRate);
        var filters = model.CompressionModel is EncodecModel encodec ? encodec.Config.Encoder.Filters : UsualFilters;
        return FloatSize * samples * Math.Max(filters, model.AudioChannels) * LayersAlive;
    }
}
