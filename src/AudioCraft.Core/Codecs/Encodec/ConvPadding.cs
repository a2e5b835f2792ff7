using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>The values outside the input of a convolution.</summary>
public enum ConvPaddingMode
{
    /// <summary>Zeros.</summary>
    Constant,

    /// <summary>The input mirrored at its ends, without repeating the end sample.</summary>
    Reflect,
}

/// <summary>
/// Padding of the convolutions of EnCodec (audiocraft/modules/conv.py): every strided convolution turns L samples into ⌈L / stride⌉ frames.
/// </summary>
/// <param name="Left">Samples before the input.</param>
/// <param name="Right">Samples after the input, including those that complete the last window.</param>
internal readonly record struct ConvPadding(long Left, long Right)
{
    /// <param name="length">Length of the input, at least 1.</param>
    /// <param name="kernel">Kernel size including dilation: (k − 1)·d + 1.</param>
    /// <param name="stride">Step of the convolution, at most <paramref name="kernel"/>.</param>
    /// <param name="causal">Whether all fixed padding is before the input, so that no output depends on later input.</param>
    public static ConvPadding For(long length, long kernel, long stride, bool causal)
    {
        var total = kernel - stride;
        var extra = FrameCount(length, stride) * stride - length;
        var right = causal ? 0 : total / 2;
        return new(total - right, right + extra);
    }

    /// <summary>⌈length / stride⌉.</summary>
    public static long FrameCount(long length, long stride) => (length + stride - 1) / stride;

    /// <summary>[B, C, T] → [B, C, Left + T + Right], a new tensor.</summary>
    public Tensor Apply(Tensor input, ConvPaddingMode mode)
    {
        if (mode == ConvPaddingMode.Constant)
        {
            return functional.pad(input, (Left, Right), PaddingModes.Constant, 0);
        }

        // Reflection needs more samples than it repeats. Upstream appends zeros for them and trims as many after reflecting,
        // which is not the same as padding with zeros.
        var length = input.size(-1);
        var missing = Math.Max(0, Math.Max(Left, Right) + 1 - length);
        if (missing == 0)
        {
            return functional.pad(input, (Left, Right), PaddingModes.Reflect, 0);
        }

        using var lengthened = functional.pad(input, (0L, missing), PaddingModes.Constant, 0);
        using var padded = functional.pad(lengthened, (Left, Right), PaddingModes.Reflect, 0);
        return padded.narrow(-1, 0, Left + length + Right);
    }
}
