using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>Estimates the memory that generation uses in addition to the weights, from the sizes of the model.</summary>
internal static class GenerationMemory
{
    private const long FloatSize = sizeof(float);

    /// <summary>Tokens of a long description, where the descriptions are not known.</summary>
    public const int UsualTokens = 128;

    /// <summary>Tensors of a layer's largest size that are alive at once while a codec decodes: input, output and one intermediate.</summary>
    private const long LayersAlive = 3;

    /// <summary>Assumed width of the layer at the audio's sample rate for codecs without an EnCodec configuration.</summary>
    private const long UsualFilters = 64;

    /// <summary>The default of <see cref="BaseGenModel.MemoryLimit"/>.</summary>
    public static long DefaultLimit(Device device)
    {
        const long gibibyte = 1L << 30;
        return device.type == DeviceType.CPU
            ? Math.Max(gibibyte, AvailableMemory.Bytes() / 2)
            : 8 * gibibyte;
    }

    /// <summary>Number of items that are generated together: as many as fit the limit, at least one.</summary>
    /// <param name="model">The model.</param>
    /// <param name="plan">The windows of the request.</param>
    /// <param name="parameters">The parameters of the request.</param>
    /// <param name="tokens">Tokens of the longest description.</param>
    /// <param name="memoryLimit">The limit in bytes.</param>
    /// <param name="items">Items of the request.</param>
    public static int ItemsTogether(BaseGenModel model, WindowPlan plan, GenerationParams parameters, int tokens, long memoryLimit, int items) =>
        (int)Math.Clamp(memoryLimit / BytesPerItem(model, plan, parameters, tokens), 1, items);

    /// <summary>Bytes for one item: the maximum of the text encoder, the language model and the codec, which run one after the other.</summary>
    /// <param name="model">The model.</param>
    /// <param name="plan">The windows of the request.</param>
    /// <param name="parameters">The parameters of the request.</param>
    /// <param name="tokens">Tokens of the longest description.</param>
    public static long BytesPerItem(BaseGenModel model, WindowPlan plan, GenerationParams parameters, int tokens) =>
        Math.Max(model.LM.DescriptionMemory(tokens), Math.Max(LanguageModel(model, plan, parameters, tokens), Codec(model, parameters)));

    private static long LanguageModel(BaseGenModel model, WindowPlan plan, GenerationParams parameters, int tokens)
    {
        var config = model.LM.Config;
        var (frames, prompt) = plan.LargestWindow;
        var rows = parameters.CfgCoefBeta is not null ? 3L : parameters.CfgCoef is 0 or 1 ? 1 : 2;
        var steps = model.LM.PatternProvider.GetPattern(frames).Steps.Count;
        long dim = config.Dim, layers = config.NumLayers;
        var cache = layers * 2 * steps * (dim / config.KeyValueRepeat);
        var text = config.CrossAttention ? layers * 2 * tokens * dim : 0;

        // A prompt is computed at once: its attention scores, its feed-forward layer and a few tensors of the model's width.
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
