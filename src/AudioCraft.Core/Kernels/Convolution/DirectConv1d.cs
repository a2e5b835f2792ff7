using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>
/// Convolutions over time on a CPU with 512-bit vectors, near its peak arithmetic: four channels by sixty-four samples of the output stay in registers while all taps of all
/// channels are added. The input of a block of time is first packed, with zero padding and the steps of a stride separated, so that
/// strided and transposed convolutions use the same code. libtorch's convolutions reach a half to nine tenths of this speed (benchmarks/README.md).
/// </summary>
internal static unsafe class DirectConv1d
{
    /// <summary>Minimum number of frames: fewer leave too much of a tile unused.</summary>
    private const long MinFrames = 48;

    /// <summary>Samples of all channels of a block of time, to fit the L2 cache.</summary>
    private const int SamplesPerTimeBlock = 1 << 17;

    /// <summary>Minimum number of multiplications of a thread: for less, waking it takes longer.</summary>
    private const long MultiplicationsPerThread = 1 << 18;

    /// <summary>Maximum number of taps; no codec has more, and their offsets would not fit on the stack.</summary>
    private const long MaxTaps = 1024;

    /// <summary>Maximum number of samples of all channels of the shortest block of time.</summary>
    private const long MaxSamples = 1 << 23;

    /// <summary>Whether this kernel supports a convolution with a number of frames.</summary>
    /// <param name="input">[B, in, T].</param>
    /// <param name="weight">[out, in, taps].</param>
    /// <param name="frames">Frames of the output.</param>
    /// <param name="stride">Step.</param>
    /// <param name="dilation">Distance between taps.</param>
    public static bool Supports(Tensor input, Tensor weight, long frames, long stride = 1, long dilation = 1) =>
        IsLargeEnough(input, weight, frames) && FitsTimeBlock(input.size(1), weight.size(2) * dilation, stride);

    /// <summary>[B, in, T] → [B, out, frames], with <paramref name="padding"/> zeros at both ends. The caller owns the result.</summary>
    /// <param name="input">[B, in, T].</param>
    /// <param name="weight">[out, in, taps].</param>
    /// <param name="bias">[out].</param>
    /// <param name="stride">Step.</param>
    /// <param name="padding">Zeros at both ends.</param>
    /// <param name="dilation">Distance between taps.</param>
    /// <param name="alpha">[1, in, 1]: <see cref="SnakeKernel"/> is applied to the input while it is packed; or null.</param>
    /// <param name="residual">[B, out, at least frames], contiguous: added to the output; or null.</param>
    /// <param name="residualStart">The first sample of it that is added.</param>
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
            Alpha = alpha is null ? null : TensorMemory.Float32(alpha),
            Residual = residual is null ? null : TensorMemory.Float32(residual) + residualStart,
            ResidualLength = residual?.size(2) ?? 0,
        };
        return Run(input, weight, bias, outputs, frames, shape, extras, row => (long)row * inputs * taps);
    }

    /// <summary>
    /// The transposed convolution: [B, in, F] → [B, out, (F − 1) · stride + taps − 2 · trim + longer]. The caller owns the result.
    /// Samples a stride apart use the same taps, so that each step of a stride is a separate convolution.
    /// </summary>
    /// <param name="input">[B, in, F].</param>
    /// <param name="weight">[in, out, taps].</param>
    /// <param name="bias">[out].</param>
    /// <param name="stride">Samples a frame.</param>
    /// <param name="trim">Samples not computed at each end.</param>
    /// <param name="longer">Samples added at the right end.</param>
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

    /// <summary>Whether this kernel supports a transposed convolution to a number of samples: every sample must have the same number of taps.</summary>
    public static bool SupportsTransposed(Tensor input, Tensor weight, long stride, long samples) =>
        weight.size(2) % stride == 0 && IsLargeEnough(input, weight, samples / stride) && FitsTimeBlock(input.size(1), weight.size(2) / stride, 1)
        && weight.size(1) * stride <= MaxSamples;

    private static bool IsLargeEnough(Tensor input, Tensor weight, long frames) =>
        Vector512.IsHardwareAccelerated && !is_grad_enabled() && frames >= MinFrames && weight.size(2) <= MaxTaps && IsPlain(weight) && IsPlain(input);

    // The sizes come from a model's file: nothing may overflow or allocate too much memory.
    private static bool FitsTimeBlock(long channels, long reach, long stride) =>
        reach <= MaxSamples && stride <= MaxSamples && channels <= MaxSamples && channels * ((2 * MinFrames * stride) + reach) <= MaxSamples;

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
            shape, extras, items, outputs, length, TensorMemory.Float32(x), TensorMemory.Float32(w), TensorMemory.Float32(b), TensorMemory.Float32(result),
            [.. Enumerable.Range(0, shape.Rows).Select(weightOf)], SamplesPerTimeBlock);
        var multiplications = (long)items * shape.Rows * shape.Frames * shape.Inputs * shape.Taps.Length;
        var threads = (int)Math.Clamp(multiplications / MultiplicationsPerThread, 1, Math.Min(get_num_threads(), Environment.ProcessorCount));
        work.Divide(threads);
        ThreadTeam.Shared.Run(threads, work.Run);
        return result.MoveToOuterDisposeScope();
    }
}

/// <summary>The location of a tap's sample and weight.</summary>
/// <param name="Step">Which of the samples of a stride.</param>
/// <param name="Shift">How many strides on.</param>
/// <param name="Weight">Where its weight is, from the first of the channel.</param>
internal readonly record struct ConvTap(int Step, int Shift, int Weight);

/// <summary>The shape of a convolution or transposed convolution: rows of frames, each a sum over channels and taps.</summary>
internal sealed record ConvShape
{
    /// <summary>Input channels.</summary>
    public required int Inputs { get; init; }

    /// <summary>Samples of an input channel.</summary>
    public required long Length { get; init; }

    /// <summary>Samples in a frame: the stride of a convolution.</summary>
    public required int Steps { get; init; }

    /// <summary>The first sample of the first frame; below 0 where it is padded.</summary>
    public required long First { get; init; }

    /// <summary>Rows of frames: the output channels, or for a transposed convolution the output channels times the stride.</summary>
    public required int Rows { get; init; }

    /// <summary>Frames of a row.</summary>
    public required long Frames { get; init; }

    /// <summary>Number of rows that interleave in an output channel.</summary>
    public required int RowsPerOutput { get; init; }

    /// <summary>Samples trimmed at the start of an output channel.</summary>
    public long Trim { get; init; }

    /// <summary>Distance in weights from one input channel to the next.</summary>
    public required int WeightChannel { get; init; }

    /// <summary>Taps of a row.</summary>
    public required ConvTap[] Taps { get; init; }
}

/// <summary>Operations fused with a convolution, as pointers.</summary>
internal readonly unsafe struct ConvExtras
{
    /// <summary>α of <see cref="SnakeKernel"/> for each input channel, applied to the input; or null.</summary>
    public float* Alpha { get; init; }

    /// <summary>Added to the frames of the first output channel; the next channel is <see cref="ResidualLength"/> further on. Or null.</summary>
    public float* Residual { get; init; }

    /// <summary>Samples of a channel of <see cref="Residual"/>.</summary>
    public long ResidualLength { get; init; }
}

/// <summary>A convolution on pointers, in units of work that threads take dynamically.</summary>
internal sealed unsafe class ConvWork
{
    private const int TileRows = 4;
    private const int TileFrames = 64;

    [ThreadStatic]
    private static float[]? scratch;

    private readonly ConvShape shape;
    private readonly ConvExtras extras;
    private readonly int items;
    private readonly int outputs;
    private readonly long length;
    private readonly float* x;
    private readonly float* w;
    private readonly float* bias;
    private readonly float* y;
    private readonly long[] rowWeights;
    private readonly int halo;
    private readonly int timeBlock;
    private readonly int timeBlockRow;
    private readonly long timeBlocks;
    private int groups = 1;
    private long next;

    /// <param name="shape">What is computed.</param>
    /// <param name="extras">What else is done.</param>
    /// <param name="items">Items of the batch.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="length">Samples of a channel out.</param>
    /// <param name="x">[items, in, samples].</param>
    /// <param name="w">Weights.</param>
    /// <param name="bias">One number a channel out.</param>
    /// <param name="y">[items, out, length].</param>
    /// <param name="rowWeights">Where each row's weights begin.</param>
    /// <param name="samples">Maximum number of samples of all channels in a block of time.</param>
    public ConvWork(
        ConvShape shape, ConvExtras extras, int items, int outputs, long length, float* x, float* w, float* bias, float* y, long[] rowWeights, int samples)
    {
        (this.shape, this.extras, this.items, this.outputs, this.length, this.rowWeights) = (shape, extras, items, outputs, length, rowWeights);
        this.x = x;
        this.w = w;
        this.bias = bias;
        this.y = y;
        halo = shape.Taps.Max(tap => tap.Shift);
        var whole = (int)Math.Min((shape.Frames + TileFrames - 1) / TileFrames * TileFrames, 16 * TileFrames);
        timeBlock = Math.Clamp((samples / (shape.Inputs * shape.Steps)) - halo, TileFrames, whole) / TileFrames * TileFrames;
        timeBlockRow = timeBlock + halo + 16;
        timeBlocks = (shape.Frames + timeBlock - 1) / timeBlock;
    }

    /// <summary>Divides the work into enough units for a number of threads.</summary>
    public void Divide(int threads)
    {
        var blocks = (shape.Rows + TileRows - 1) / TileRows;
        groups = threads == 1 ? 1 : (int)Math.Clamp((4L * threads) / Math.Max(1, items * timeBlocks), 1, blocks);
    }

    /// <summary>Supports pieces until there are no more.</summary>
    public void Run(int part, int parts)
    {
        _ = (part, parts);
        var room = (shape.Inputs * shape.Steps * timeBlockRow) + (TileRows * TileFrames);
        var own = scratch is { } array && array.Length >= room ? array : scratch = GC.AllocateUninitializedArray<float>(room, pinned: true);
        var samples = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(own));
        int* offsets = stackalloc int[shape.Taps.Length], weights = stackalloc int[shape.Taps.Length];
        for (var tap = 0; tap < shape.Taps.Length; tap++)
        {
            offsets[tap] = (shape.Taps[tap].Step * timeBlockRow) + shape.Taps[tap].Shift;
            weights[tap] = shape.Taps[tap].Weight;
        }

        var packedBlock = -1L;
        for (var unit = Interlocked.Increment(ref next) - 1; unit < items * timeBlocks * groups; unit = Interlocked.Increment(ref next) - 1)
        {
            var (piece, group) = (unit / groups, (int)(unit % groups));
            var (item, start) = ((int)(piece / timeBlocks), piece % timeBlocks * timeBlock);
            if (packedBlock != piece)
            {
                PackTimeBlock(samples, item, start);
                packedBlock = piece;
            }

            var blocks = (shape.Rows + TileRows - 1) / TileRows;
            for (var block = (int)((long)blocks * group / groups); block < (int)((long)blocks * (group + 1) / groups); block++)
            {
                Rows(samples, offsets, weights, samples + (room - (TileRows * TileFrames)), item, start, block * TileRows);
            }
        }
    }

    // Packs the samples of a block of time: a row for each channel and step of a stride, zero outside the input.
    private void PackTimeBlock(float* samples, int item, long start)
    {
        for (var channel = 0; channel < shape.Inputs; channel++)
        {
            var source = x + ((((long)item * shape.Inputs) + channel) * shape.Length);
            for (var step = 0; step < shape.Steps; step++)
            {
                var row = new Span<float>(samples + ((((long)channel * shape.Steps) + step) * timeBlockRow), timeBlockRow);
                var first = (start * shape.Steps) + step + shape.First;
                var before = (int)Math.Clamp((-first + shape.Steps - 1) / shape.Steps, 0, row.Length);
                var count = (int)Math.Clamp((shape.Length - first + shape.Steps - 1) / shape.Steps - before, 0, row.Length - before);
                row[..before].Clear();
                row[(before + count)..].Clear();
                var from = source + first + ((long)before * shape.Steps);
                if (shape.Steps == 1)
                {
                    new ReadOnlySpan<float>(from, count).CopyTo(row[before..]);
                }
                else
                {
                    for (var i = 0; i < count; i++, from += shape.Steps)
                    {
                        row[before + i] = *from;
                    }
                }

                // Snake maps zeros to zeros, so that it need not be applied to the padding.
                if (extras.Alpha is not null)
                {
                    SnakeKernel.Row1d(row.Slice(before, count), extras.Alpha[channel], row.Slice(before, count));
                }
            }
        }
    }

    // Computes four rows of a block of time.
    private void Rows(float* samples, int* offsets, int* weights, float* tileBuffer, int item, long start, int row)
    {
        var frames = (int)Math.Min(timeBlock, shape.Frames - start);
        var own = stackalloc float*[TileRows];
        var biases = stackalloc float[TileRows];
        var targets = stackalloc float*[TileRows];
        for (var i = 0; i < TileRows; i++)
        {
            // In an incomplete group of rows the last row is computed repeatedly and discarded.
            var which = Math.Min(row + i, shape.Rows - 1);
            own[i] = w + rowWeights[which];
            biases[i] = bias[which / shape.RowsPerOutput];
        }

        for (var at = 0; at < frames; at += TileFrames)
        {
            var isWhole = shape.RowsPerOutput == 1 && shape.Trim == 0 && at + TileFrames <= frames && row + TileRows <= shape.Rows;
            for (var i = 0; i < TileRows; i++)
            {
                targets[i] = isWhole ? y + ((((long)item * outputs) + row + i) * length) + start + at : tileBuffer + (i * TileFrames);
            }

            Tile(samples + at, timeBlockRow * shape.Steps, offsets, weights, shape.Taps.Length, own, shape.WeightChannel, shape.Inputs, biases, targets);
            if (extras.Residual is not null)
            {
                AddResidual(targets, item, start + at, Math.Min(TileFrames, frames - at), row);
            }

            if (!isWhole)
            {
                CopyTile(tileBuffer, item, start + at, Math.Min(TileFrames, frames - at), row);
            }
        }
    }

    private void AddResidual(float** targets, int item, long frame, int count, int row)
    {
        for (var i = 0; i < Math.Min(TileRows, shape.Rows - row); i++)
        {
            var added = extras.Residual + ((((long)item * outputs) + row + i) * extras.ResidualLength) + frame;
            VectorMath.Add(new Span<float>(targets[i], count), new ReadOnlySpan<float>(added, count));
        }
    }

    // Copies the valid part of a tile from the buffer to the output.
    private void CopyTile(float* tileBuffer, int item, long frame, int count, int row)
    {
        for (var i = 0; i < Math.Min(TileRows, shape.Rows - row); i++)
        {
            var target = y + ((((long)item * outputs) + ((row + i) / shape.RowsPerOutput)) * length);
            var first = (frame * shape.RowsPerOutput) + ((row + i) % shape.RowsPerOutput) - shape.Trim;
            for (var j = 0; j < count; j++, first += shape.RowsPerOutput)
            {
                if ((ulong)first < (ulong)length)
                {
                    target[first] = tileBuffer[(i * TileFrames) + j];
                }
            }
        }
    }

    private static void Tile(
        float* x, int channelStride, int* offsets, int* weights, int taps, float** rows, int weightStride, int channels, float* bias, float** y)
    {
        Vector512<float> a0 = Vector512.Create(bias[0]), a1 = a0, a2 = a0, a3 = a0, b0 = Vector512.Create(bias[1]), b1 = b0, b2 = b0, b3 = b0;
        Vector512<float> c0 = Vector512.Create(bias[2]), c1 = c0, c2 = c0, c3 = c0, d0 = Vector512.Create(bias[3]), d1 = d0, d2 = d0, d3 = d0;
        float* first = rows[0], second = rows[1], third = rows[2], fourth = rows[3];
        for (var channel = 0; channel < channels; channel++)
        {
            for (var tap = 0; tap < taps; tap++)
            {
                var sample = x + offsets[tap];
                var weight = weights[tap];
                Vector512<float> x0 = Vector512.Load(sample), x1 = Vector512.Load(sample + 16), x2 = Vector512.Load(sample + 32), x3 = Vector512.Load(sample + 48);
                var factor = Vector512.Create(first[weight]);
                a0 = Vector512.FusedMultiplyAdd(factor, x0, a0);
                a1 = Vector512.FusedMultiplyAdd(factor, x1, a1);
                a2 = Vector512.FusedMultiplyAdd(factor, x2, a2);
                a3 = Vector512.FusedMultiplyAdd(factor, x3, a3);
                factor = Vector512.Create(second[weight]);
                b0 = Vector512.FusedMultiplyAdd(factor, x0, b0);
                b1 = Vector512.FusedMultiplyAdd(factor, x1, b1);
                b2 = Vector512.FusedMultiplyAdd(factor, x2, b2);
                b3 = Vector512.FusedMultiplyAdd(factor, x3, b3);
                factor = Vector512.Create(third[weight]);
                c0 = Vector512.FusedMultiplyAdd(factor, x0, c0);
                c1 = Vector512.FusedMultiplyAdd(factor, x1, c1);
                c2 = Vector512.FusedMultiplyAdd(factor, x2, c2);
                c3 = Vector512.FusedMultiplyAdd(factor, x3, c3);
                factor = Vector512.Create(fourth[weight]);
                d0 = Vector512.FusedMultiplyAdd(factor, x0, d0);
                d1 = Vector512.FusedMultiplyAdd(factor, x1, d1);
                d2 = Vector512.FusedMultiplyAdd(factor, x2, d2);
                d3 = Vector512.FusedMultiplyAdd(factor, x3, d3);
            }

            x += channelStride;
            first += weightStride;
            second += weightStride;
            third += weightStride;
            fourth += weightStride;
        }

        Store(y[0], a0, a1, a2, a3);
        Store(y[1], b0, b1, b2, b3);
        Store(y[2], c0, c1, c2, c3);
        Store(y[3], d0, d1, d2, d3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, Vector512<float> v0, Vector512<float> v1, Vector512<float> v2, Vector512<float> v3)
    {
        v0.Store(y);
        v1.Store(y + 16);
        v2.Store(y + 32);
        v3.Store(y + 48);
    }
}
