using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Audio;

/// <summary>
/// julius 0.2.7's <c>ResampleFrac</c>: y[j] = Σ x[i] h(i/old − j/new), h a low pass of sinc form under a Hann window of 24 zero crossings.
/// With old and new reduced by their common divisor, outputs j and j + new use the same taps, shifted by old samples: a convolution of stride old with new kernels.
/// </summary>
internal sealed class Resampler
{
    /// <summary>The greatest factor between two rates.</summary>
    internal const int MaxRatio = 1000;

    private const int Zeros = 24, CachedKernels = 16;

    /// <summary>The inputs or outputs, of all rows together, that are computed at once: 16 MiB. Temporary memory does not grow with the audio.</summary>
    private const long BlockSamples = 1 << 22;
    private const double RollOff = 0.945;

    /// <summary>Maximum size in floats of the cached kernels of a pair of rates (4 MB). Usual pairs need a tenth of it.</summary>
    private const long DenseLimit = 1 << 20;

    // In managed memory, so that nothing native outlives a call.
    private static readonly ConcurrentDictionary<(int Old, int New), float[]> Kernels = new();

    private readonly int oldRate, newRate, width;

    public Resampler(int fromRate, int toRate)
    {
        if (Math.Max(fromRate, toRate) > (long)MaxRatio * Math.Min(fromRate, toRate))
        {
            throw new ArgumentOutOfRangeException(
                nameof(toRate), toRate, $"From {fromRate} Hz to {toRate} Hz is more than a factor of {MaxRatio}, the maximum that is supported.");
        }

        var divisor = (int)System.Numerics.BigInteger.GreatestCommonDivisor(fromRate, toRate);
        (oldRate, newRate) = (fromRate / divisor, toRate / divisor);
        width = (int)Math.Ceiling(Zeros * oldRate / CutOff);
    }

    public bool IsIdentity => oldRate == newRate;

    /// <summary>The inputs before the first output that affect it.</summary>
    public int Width => width;

    public int InputsPerStep => oldRate;

    public int OutputsPerStep => newRate;

    private double CutOff => Math.Min(oldRate, newRate) * RollOff;

    /// <summary>All taps that one kernel reaches, from −width on.</summary>
    private int KernelLength => 2 * width + oldRate;

    // julius computes the length in float32, which matters from 2^24 samples on.
    public long DefaultLength(long length) => Math.Min((long)MathF.Floor((float)((double)newRate * length / oldRate)), Available(length));

    public long FullLength(long length) => Math.Min((long)MathF.Ceiling((float)((double)newRate * length / oldRate)), Available(length));

    // The length of the strided convolution's output.
    private long Available(long length) => length == 0 ? 0 : oldRate == newRate ? length : (length / oldRate + 1) * newRate;

    /// <summary>[…, T] → […, <paramref name="outputLength"/>].</summary>
    public Tensor Run(Tensor wav, long outputLength)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var shape = wav.shape;
        shape[^1] = outputLength;
        var rows = wav.numel() == 0 ? 0 : wav.numel() / wav.size(-1);
        // CPUs have no convolution in half precision.
        var plain = wav.detach().to(wav.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32);
        var result = rows == 0 || outputLength == 0 ? empty(shape, dtype: plain.dtype, device: wav.device)
            : oldRate == newRate ? plain.narrow(-1, 0, outputLength).clone()
            : IsDense ? Dense(plain.reshape(rows, -1), outputLength).reshape(shape)
            : TapByTap(plain.reshape(rows, -1), outputLength).reshape(shape);
        return result.to(wav.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The inputs that a number of steps needs.</summary>
    public long InputsOf(long steps) => ((steps - 1) * oldRate) + KernelLength;

    /// <summary>The steps whose inputs are complete.</summary>
    public long CompleteSteps(long inputs) => inputs < KernelLength ? 0 : ((inputs - KernelLength) / oldRate) + 1;

    /// <summary>[R, N] → [R, steps · new], in the current dispose scope. The first input is <see cref="Width"/> samples before the first output.</summary>
    public Tensor Steps(Tensor inputs, long steps)
    {
        if (!IsDense)
        {
            return TapByTap(inputs, 0, steps * newRate, -width);
        }

        using var kernels = Kernel(inputs.dtype, inputs.device);
        return Convolve(inputs.narrow(1, 0, InputsOf(steps)), kernels);
    }

    private bool IsDense => (long)newRate * KernelLength <= DenseLimit;

    private Tensor Dense(Tensor rows, long outputLength)
    {
        using var kernels = Kernel(rows.dtype, rows.device);
        var steps = (outputLength + newRate - 1) / newRate;
        var block = Math.Max(1, BlockSamples / rows.size(0) / Math.Max(oldRate, newRate));
        if (steps <= block)
        {
            var padded = nn.functional.pad(rows.unsqueeze(1), (width, width + oldRate), PaddingModes.Replicate).squeeze(1);
            return Convolve(padded, kernels).narrow(1, 0, outputLength).contiguous();
        }

        var result = empty(rows.size(0), outputLength, dtype: rows.dtype, device: rows.device);
        var length = rows.size(1);
        for (var step = 0L; step < steps; step += block)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(block, steps - step);
            var (first, end) = ((step * oldRate) - width, (step * oldRate) - width + InputsOf(count));
            var (start, stop) = (Math.Clamp(first, 0, length - 1), Math.Clamp(end, 1, length));
            var inputs = nn.functional.pad(rows.narrow(1, start, stop - start).unsqueeze(1), (start - first, end - stop), PaddingModes.Replicate).squeeze(1);
            var written = Math.Min(count * newRate, outputLength - (step * newRate));
            result.narrow(1, step * newRate, written).copy_(Convolve(inputs, kernels).narrow(1, 0, written));
        }

        return result;
    }

    private Tensor Convolve(Tensor inputs, Tensor kernels)
    {
        var phases = nn.functional.conv1d(inputs.unsqueeze(1), kernels, stride: oldRate);
        return phases.transpose(1, 2).reshape(inputs.size(0), -1);
    }

    private Tensor Kernel(ScalarType type, Device device)
    {
        if (!Kernels.TryGetValue((oldRate, newRate), out var taps))
        {
            taps = MakeKernels();
            if (Kernels.Count >= CachedKernels)
            {
                Kernels.Clear();
            }

            Kernels.TryAdd((oldRate, newRate), taps);
        }

        using var plain = tensor(taps, [newRate, 1, KernelLength]);
        return plain.to(type, device).alias();
    }

    /// <summary>[new, kernel length] in julius' float32 arithmetic, step by step: its rounding of large positions affects the result.</summary>
    public float[] MakeKernels()
    {
        using var scope = NewDisposeScope();
        using Scalar rate = (float)oldRate, cutOff = (float)CutOff, zeros = Zeros, minusZeros = -Zeros, pi = (float)Math.PI, floatZeros = (float)Zeros;
        var positions = tensor(Enumerable.Range(-width, (2 * width) + oldRate).Select(i => (float)i).ToArray()).div(rate);
        var phases = tensor(Enumerable.Range(0, newRate).Select(i => (float)(-i / (double)newRate)).ToArray()).unsqueeze(1);
        var t = positions.add(phases, Scalars.One).mul(cutOff).clamp(minusZeros, zeros).mul(pi);
        var cosine = t.div(floatZeros).mul(Scalars.Half).cos();
        var window = cosine.mul(cosine);
        var sinc = where(t.eq(Scalars.Zero), ones_like(t), t.sin() / t);
        var kernels = sinc * window;
        return MemoryMarshal.Cast<byte, float>((kernels / kernels.sum(1, keepdim: true)).bytes).ToArray();
    }

    /// <summary>The same filter without the kernels' zeros, with each output's taps computed on demand: memory depends on the lengths, not on the rates.</summary>
    public Tensor TapByTap(Tensor rows, long outputLength) => TapByTap(rows, 0, outputLength, 0);

    /// <param name="rows">[R, N].</param>
    /// <param name="firstOutput">The first output, a multiple of the outputs per step.</param>
    /// <param name="outputLength">The number of outputs.</param>
    /// <param name="firstInput">The position of the first sample in <paramref name="rows"/>, relative to output 0.</param>
    private Tensor TapByTap(Tensor rows, long firstOutput, long outputLength, long firstInput)
    {
        var source = rows.to(ScalarType.Float32, CPU).contiguous();
        var target = empty(rows.size(0), outputLength, dtype: ScalarType.Float32);
        var (count, length) = ((int)rows.size(0), checked((int)rows.size(1)));
        var taps = new double[2 * width + 2];
        var results = new float[(int)Math.Min(outputLength, 4096)];
        for (var start = 0L; start < outputLength; start += results.Length)
        {
            var block = (int)Math.Min(results.Length, outputLength - start);
            for (var row = 0; row < count; row++)
            {
                var samples = Waveform.Samples(source, row, 0, length);
                for (var i = 0; i < block; i++)
                {
                    var phase = (int)((firstOutput + start + i) % newRate);
                    FillTaps(taps, phase);
                    results[i] = Sum(taps, samples, (firstOutput + start + i) / newRate * oldRate + (long)phase * oldRate / newRate - width - firstInput);
                }

                results.AsSpan(0, block).CopyTo(Waveform.Samples(target, row, start, block));
            }
        }

        return target.to(rows.dtype, rows.device);
    }

    private static float Sum(double[] taps, ReadOnlySpan<float> samples, long first)
    {
        var sum = 0.0;
        if (first >= 0 && first + taps.Length <= samples.Length)
        {
            var reached = samples.Slice((int)first, taps.Length);
            for (var tap = 0; tap < taps.Length; tap++)
            {
                sum += taps[tap] * reached[tap];
            }
        }
        else
        {
            for (var tap = 0; tap < taps.Length; tap++)
            {
                sum += taps[tap] * samples[(int)Math.Clamp(first + tap, 0, samples.Length - 1)];
            }
        }

        return (float)sum;
    }

    /// <summary>Taps from −width to width + 1 around the sample at or before the output.</summary>
    private void FillTaps(double[] taps, int phase)
    {
        // Positions in units of the cut-off: exact up to the division, as the difference of two fractions over their common denominator.
        var first = (long)phase * oldRate / newRate - width;
        var t = Math.PI * CutOff * ((first * newRate - (long)phase * oldRate) / ((double)oldRate * newRate));
        var step = Math.PI * CutOff / oldRate;

        // The taps lie at even distances, so sines and cosines are updated by rotation instead of being recomputed.
        var (sine, cosine) = Math.SinCos(t);
        var (stepSine, stepCosine) = Math.SinCos(step);
        var (hannSine, hannCosine) = Math.SinCos(t / Zeros);
        var (hannStepSine, hannStepCosine) = Math.SinCos(step / Zeros);
        var sum = 0.0;
        for (var tap = 0; tap < taps.Length; tap++, t += step)
        {
            var sinc = Math.Abs(t) < 1e-9 ? 1 : sine / t;
            taps[tap] = Math.Abs(t) < Math.PI * Zeros ? sinc * (1 + hannCosine) / 2 : 0;
            sum += taps[tap];
            (sine, cosine) = (sine * stepCosine + cosine * stepSine, cosine * stepCosine - sine * stepSine);
            (hannSine, hannCosine) = (hannSine * hannStepCosine + hannCosine * hannStepSine, hannCosine * hannStepCosine - hannSine * hannStepSine);
        }

        for (var tap = 0; tap < taps.Length; tap++)
        {
            taps[tap] /= sum;
        }
    }
}
