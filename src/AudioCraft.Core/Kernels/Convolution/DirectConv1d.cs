using AudioCraft.Codecs;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>
/// Convolutions over time on a CPU with 512-bit vectors, near its peak arithmetic: four channels by sixty-four samples of the output stay in registers while all taps of all
/// channels are added. The input of a stretch of time is first laid out close together, where zeros are put at the ends and the steps of a stride apart, so that
/// strided and transposed convolutions are the same work. libtorch's convolutions reach a half to nine tenths of it (benchmarks/README.md).
/// </summary>
internal static unsafe class DirectConv1d
{
    /// <summary>Fewer frames leave too much of a tile unused.</summary>
    private const long FewestFrames = 48;

    /// <summary>Samples that the nearest large cache is to hold of all channels of a stretch.</summary>
    private const int SamplesOfAStretch = 1 << 17;

    /// <summary>Work of a thread at least, in multiplications: below, waking it costs more.</summary>
    private const long WorthAThread = 1 << 18;

    /// <summary>More taps are no codec's, and their places would not fit on the stack.</summary>
    private const long MostTaps = 1024;

    /// <summary>Samples that a stretch of the least length may take, of all channels.</summary>
    private const long MostSamples = 1 << 23;

    /// <summary>Whether a convolution with so many frames can be computed here.</summary>
    /// <param name="input">[B, in, T].</param>
    /// <param name="weight">[out, in, taps].</param>
    /// <param name="frames">Frames of the output.</param>
    /// <param name="stride">Step.</param>
    /// <param name="dilation">Distance between taps.</param>
    public static bool Takes(Tensor input, Tensor weight, long frames, long stride = 1, long dilation = 1) =>
        IsWorthIt(input, weight, frames) && FitsAStretch(input.size(1), weight.size(2) * dilation, stride);

    /// <summary>[B, in, T] → [B, out, frames], with <paramref name="padding"/> zeros at both ends. The caller owns the result.</summary>
    /// <param name="input">[B, in, T].</param>
    /// <param name="weight">[out, in, taps].</param>
    /// <param name="bias">[out].</param>
    /// <param name="stride">Step.</param>
    /// <param name="padding">Zeros at both ends.</param>
    /// <param name="dilation">Distance between taps.</param>
    /// <param name="alpha">[1, in, 1]: the input goes through <see cref="Snake1d"/> first, while it is laid out; or null.</param>
    /// <param name="residual">[B, out, at least frames], contiguous: what is added to the output, or null.</param>
    /// <param name="residualStart">Its first sample that is.</param>
    public static Tensor Run(
        Tensor input, Tensor weight, Tensor bias, long stride, long padding, long dilation, Tensor? alpha = null, Tensor? residual = null, long residualStart = 0)
    {
        var (outputs, inputs, taps) = ((int)weight.size(0), (int)weight.size(1), (int)weight.size(2));
        var frames = ((input.size(2) + (2 * padding) - ((taps - 1) * dilation) - 1) / stride) + 1;
        var offsets = Enumerable.Range(0, taps).Select(tap => tap * dilation).ToArray();
        var shape = new ConvShape
        {
            Inputs = inputs,
            Length = input.size(2),
            Steps = (int)stride,
            First = -padding,
            Rows = outputs,
            Frames = frames,
            RowsPerOutput = 1,
            WeightChannel = taps,
            Taps = [.. offsets.Select((offset, tap) => new ConvTap((int)(offset % stride), (int)(offset / stride), tap))],
        };
        var extras = new ConvExtras
        {
            Alpha = alpha is null ? null : (float*)WeightMatrix.Data(alpha),
            Residual = residual is null ? null : (float*)WeightMatrix.Data(residual) + residualStart,
            ResidualLength = residual?.size(2) ?? 0,
        };
        return Run(input, weight, bias, outputs, frames, shape, extras, row => (long)row * inputs * taps);
    }

    /// <summary>
    /// The transposed convolution: [B, in, F] → [B, out, (F − 1) · stride + taps − 2 · trim + longer]. The caller owns the result.
    /// Samples a stride apart see the same taps, so that each of the steps of a stride is a convolution of its own.
    /// </summary>
    /// <param name="input">[B, in, F].</param>
    /// <param name="weight">[in, out, taps].</param>
    /// <param name="bias">[out].</param>
    /// <param name="stride">Samples a frame.</param>
    /// <param name="trim">Samples not computed at each end.</param>
    /// <param name="longer">Samples computed at the right end after all.</param>
    public static Tensor Transpose(Tensor input, Tensor weight, Tensor bias, long stride, long trim, long longer)
    {
        var (inputs, outputs, taps) = ((int)weight.size(0), (int)weight.size(1), (int)weight.size(2));
        var length = ((input.size(2) - 1) * stride) + taps - (2 * trim) + longer;
        var perStep = (int)((taps + stride - 1) / stride);

        // Sample m · stride + step − trim is the sum over taps step + j · stride of frame m − j.
        var shape = new ConvShape
        {
            Inputs = inputs,
            Length = input.size(2),
            Steps = 1,
            First = -(perStep - 1),
            Rows = checked(outputs * (int)stride),
            Frames = ((length + trim - 1) / stride) + 1,
            RowsPerOutput = (int)stride,
            Trim = trim,
            WeightChannel = checked(outputs * taps),
            Taps = [.. Enumerable.Range(0, perStep).Select(j => new ConvTap(0, perStep - 1 - j, (int)(j * stride)))],
        };
        return Run(input, weight, bias, outputs, length, shape, default, row => ((long)(row / (int)stride) * taps) + (row % (int)stride));
    }

    /// <summary>Whether a transposed convolution to so many samples can be computed here: where every sample sees as many taps.</summary>
    public static bool TakesTransposed(Tensor input, Tensor weight, long stride, long samples) =>
        weight.size(2) % stride == 0 && IsWorthIt(input, weight, samples / stride) && FitsAStretch(input.size(1), weight.size(2) / stride, 1)
        && weight.size(1) * stride <= MostSamples;

    private static bool IsWorthIt(Tensor input, Tensor weight, long frames) =>
        Vector512.IsHardwareAccelerated && !is_grad_enabled() && frames >= FewestFrames && weight.size(2) <= MostTaps && IsPlain(weight) && IsPlain(input);

    // What the numbers of a model's file may be is not known here: nothing may overflow, or take more memory than is worth it.
    private static bool FitsAStretch(long channels, long reach, long stride) =>
        reach <= MostSamples && stride <= MostSamples && channels <= MostSamples && channels * ((2 * FewestFrames * stride) + reach) <= MostSamples;

    private static bool IsPlain(Tensor tensor) =>
        tensor.dtype == ScalarType.Float32 && tensor.device_type == DeviceType.CPU && tensor.numel() <= int.MaxValue / sizeof(float);

    private static Tensor Run(Tensor input, Tensor weight, Tensor bias, int outputs, long length, ConvShape shape, ConvExtras extras, Func<int, long> weightOf)
    {
        using var scope = NewDisposeScope();
        var (x, w, b) = (input.contiguous(), weight.contiguous(), bias.contiguous());
        var result = empty([x.size(0), outputs, length], dtype: ScalarType.Float32);
        HugePages.Advise(result);
        var items = (int)x.size(0);
        var work = new ConvWork(
            shape, extras, items, outputs, length, (float*)WeightMatrix.Data(x), (float*)WeightMatrix.Data(w), (float*)WeightMatrix.Data(b), (float*)WeightMatrix.Data(result),
            [.. Enumerable.Range(0, shape.Rows).Select(weightOf)], SamplesOfAStretch);
        var multiplications = (long)items * shape.Rows * shape.Frames * shape.Inputs * shape.Taps.Length;
        var threads = (int)Math.Clamp(multiplications / WorthAThread, 1, Math.Min(get_num_threads(), Environment.ProcessorCount));
        work.Divide(threads);
        ThreadTeam.Shared.Run(threads, work.Do);
        return result.MoveToOuterDisposeScope();
    }
}
