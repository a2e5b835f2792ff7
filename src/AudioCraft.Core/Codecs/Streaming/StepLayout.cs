using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>What the steps of a stream have in common: [items, channels, any], their type and their device.</summary>
internal readonly record struct StepLayout(long Items, long Channels, ScalarType Type, Device Device)
{
    /// <summary>That of [B, C, n].</summary>
    public static StepLayout Of(Tensor steps) => new(steps.size(0), steps.size(1), steps.dtype, steps.device);

    /// <summary>So many steps of zeros, at least one.</summary>
    public Tensor Zeros(long count) => zeros([Items, Channels, count], Type, Device);
}
