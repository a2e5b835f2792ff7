using System.Globalization;

namespace AudioCraft.Checkpoints;

/// <summary>Names of DAC's weights in Hugging Face's layout (transformers' <c>DacModel</c>), where layers have names; upstream's have numbers.</summary>
internal static class HuggingFaceDacNames
{
    private static readonly string[] UnitLayers = ["snake1", "conv1", "snake2", "conv2"];

    /// <summary>A function from upstream's names, weight normalization folded, to Hugging Face's.</summary>
    public static Func<string, string?> For(DacConfig config)
    {
        var (encoderBlocks, decoderBlocks) = (config.EncoderRates.Count, config.DecoderRates.Count);
        return name =>
        {
            var parts = name.Split('.');
            return parts switch
            {
                ["encoder", "block", var index, .. var rest] => "encoder." + EncoderName(Number(index), rest, encoderBlocks),
                ["decoder", "model", var index, .. var rest] => "decoder." + DecoderName(Number(index), rest, decoderBlocks),
                _ => name,
            };
        };
    }

    private static string EncoderName(int index, string[] rest, int blocks) => index switch
    {
        0 => $"conv1.{rest[^1]}",
        _ when index == blocks + 1 => $"snake1.{rest[^1]}",
        _ when index == blocks + 2 => $"conv2.{rest[^1]}",
        _ => $"block.{index - 1}." + Number(rest[1]) switch
        {
            3 => $"snake1.{rest[^1]}",
            4 => $"conv1.{rest[^1]}",
            var unit => UnitName(unit + 1, rest),
        },
    };

    private static string DecoderName(int index, string[] rest, int blocks) => index switch
    {
        0 => $"conv1.{rest[^1]}",
        _ when index == blocks + 1 => $"snake1.{rest[^1]}",
        _ when index == blocks + 2 => $"conv2.{rest[^1]}",
        _ => $"block.{index - 1}." + Number(rest[1]) switch
        {
            0 => $"snake1.{rest[^1]}",
            1 => $"conv_t1.{rest[^1]}",
            var unit => UnitName(unit - 1, rest),
        },
    };

    // rest is block, unit, block, layer, parameter.
    private static string UnitName(int unit, string[] rest) => $"res_unit{unit}.{UnitLayers[Number(rest[3])]}.{rest[^1]}";

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
