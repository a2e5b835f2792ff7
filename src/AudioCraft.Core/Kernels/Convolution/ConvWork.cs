using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AudioCraft.Kernels;

/// <summary>A convolution in plain memory, in pieces that threads take as they come to them.</summary>
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
    private readonly int stretch;
    private readonly int stretchRow;
    private readonly long stretches;
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
    /// <param name="samples">Samples that a stretch may hold of all channels.</param>
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
        stretch = Math.Clamp((samples / (shape.Inputs * shape.Steps)) - halo, TileFrames, whole) / TileFrames * TileFrames;
        stretchRow = stretch + halo + 16;
        stretches = (shape.Frames + stretch - 1) / stretch;
    }

    /// <summary>Divides the work so that each of so many threads finds enough of it.</summary>
    public void Divide(int threads)
    {
        var blocks = (shape.Rows + TileRows - 1) / TileRows;
        groups = threads == 1 ? 1 : (int)Math.Clamp((4L * threads) / Math.Max(1, items * stretches), 1, blocks);
    }

    /// <summary>Takes pieces until there are no more.</summary>
    public void Do(int part, int parts)
    {
        _ = (part, parts);
        var room = (shape.Inputs * shape.Steps * stretchRow) + (TileRows * TileFrames);
        var own = scratch is { } array && array.Length >= room ? array : scratch = GC.AllocateUninitializedArray<float>(room, pinned: true);
        var samples = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(own));
        int* offsets = stackalloc int[shape.Taps.Length], weights = stackalloc int[shape.Taps.Length];
        for (var tap = 0; tap < shape.Taps.Length; tap++)
        {
            offsets[tap] = (shape.Taps[tap].Step * stretchRow) + shape.Taps[tap].Shift;
            weights[tap] = shape.Taps[tap].Weight;
        }

        var held = -1L;
        for (var unit = Interlocked.Increment(ref next) - 1; unit < items * stretches * groups; unit = Interlocked.Increment(ref next) - 1)
        {
            var (piece, group) = (unit / groups, (int)(unit % groups));
            var (item, start) = ((int)(piece / stretches), piece % stretches * stretch);
            if (held != piece)
            {
                LayOut(samples, item, start);
                held = piece;
            }

            var blocks = (shape.Rows + TileRows - 1) / TileRows;
            for (var block = (int)((long)blocks * group / groups); block < (int)((long)blocks * (group + 1) / groups); block++)
            {
                Rows(samples, offsets, weights, samples + (room - (TileRows * TileFrames)), item, start, block * TileRows);
            }
        }
    }

    // The samples of a stretch: for each channel and step of a stride a row, with zeros where the sound has ended or not begun.
    private void LayOut(float* samples, int item, long start)
    {
        for (var channel = 0; channel < shape.Inputs; channel++)
        {
            var source = x + ((((long)item * shape.Inputs) + channel) * shape.Length);
            for (var step = 0; step < shape.Steps; step++)
            {
                var row = new Span<float>(samples + ((((long)channel * shape.Steps) + step) * stretchRow), stretchRow);
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

                // Zeros stay zeros in Snake, so that what is padded may go through it or not.
                if (extras.Alpha is not null)
                {
                    SnakeKernel.Row1d(row.Slice(before, count), extras.Alpha[channel], row.Slice(before, count));
                }
            }
        }
    }

    // Four rows of a stretch.
    private void Rows(float* samples, int* offsets, int* weights, float* aside, int item, long start, int row)
    {
        var frames = (int)Math.Min(stretch, shape.Frames - start);
        var own = stackalloc float*[TileRows];
        var biases = stackalloc float[TileRows];
        var targets = stackalloc float*[TileRows];
        for (var i = 0; i < TileRows; i++)
        {
            // Where rows end within a block, the last is computed again and left aside.
            var which = Math.Min(row + i, shape.Rows - 1);
            own[i] = w + rowWeights[which];
            biases[i] = bias[which / shape.RowsPerOutput];
        }

        for (var at = 0; at < frames; at += TileFrames)
        {
            var isWhole = shape.RowsPerOutput == 1 && shape.Trim == 0 && at + TileFrames <= frames && row + TileRows <= shape.Rows;
            for (var i = 0; i < TileRows; i++)
            {
                targets[i] = isWhole ? y + ((((long)item * outputs) + row + i) * length) + start + at : aside + (i * TileFrames);
            }

            Tile(samples + at, stretchRow * shape.Steps, offsets, weights, shape.Taps.Length, own, shape.WeightChannel, shape.Inputs, biases, targets);
            if (extras.Residual is not null)
            {
                AddResidual(targets, item, start + at, Math.Min(TileFrames, frames - at), row);
            }

            if (!isWhole)
            {
                Deliver(aside, item, start + at, Math.Min(TileFrames, frames - at), row);
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

    // From aside to where it belongs, what is wanted of it.
    private void Deliver(float* aside, int item, long frame, int count, int row)
    {
        for (var i = 0; i < Math.Min(TileRows, shape.Rows - row); i++)
        {
            var target = y + ((((long)item * outputs) + ((row + i) / shape.RowsPerOutput)) * length);
            var first = (frame * shape.RowsPerOutput) + ((row + i) % shape.RowsPerOutput) - shape.Trim;
            for (var j = 0; j < count; j++, first += shape.RowsPerOutput)
            {
                if ((ulong)first < (ulong)length)
                {
                    target[first] = aside[(i * TileFrames) + j];
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
