using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Audio;

/// <summary>Checks of audio tensors, and direct access to their samples.</summary>
public static class Waveform
{
    /// <summary>The largest number of channels, 64: more than any common layout has. A tensor given as [T, C] by mistake has more.</summary>
    public const int MaxChannels = 64;

    /// <summary>The highest sample rate in hertz, 1,000,000: above any recording of audio or ultrasound.</summary>
    public const int MaxSampleRate = 1_000_000;

    /// <summary>Checks an audio tensor and converts it to [C, T] float32 on the CPU.</summary>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, 1 to <see cref="MaxChannels"/> channels, finite.</param>
    /// <param name="parameter">The name of the caller's parameter, for exceptions.</param>
    /// <returns>Contiguous and detached, owned by the caller. It may share the memory of <paramref name="wav"/>.</returns>
    /// <exception cref="ArgumentException">The shape or type is different, or a sample is NaN or infinite.</exception>
    public static Tensor ToChannelsTime(Tensor wav, string parameter)
    {
        ArgumentNullException.ThrowIfNull(wav, parameter);
        var shape = wav.shape;
        var text = $"[{string.Join(", ", shape)}]";
        if (shape.Length is < 1 or > 3 || shape.Length == 3 && shape[0] != 1)
        {
            throw new ArgumentException($"The audio has shape {text}, but [T], [C, T] or [1, C, T] was expected (items of a batch are processed one by one).", parameter);
        }

        RequireFloat(wav, parameter);
        var channels = shape.Length == 1 ? 1 : shape[^2];
        if (channels is < 1 or > MaxChannels)
        {
            throw new ArgumentException($"The audio has shape {text}, that is {channels} channels, but 1 to {MaxChannels} were expected (the order is [C, T]).", parameter);
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var plain = wav.detach().reshape(channels, shape[^1]).to(ScalarType.Float32, CPU).contiguous();
        RequireFinite(plain, parameter);
        return plain.MoveToOuterDisposeScope();
    }

    /// <summary>Checks a sample rate.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not between 1 and <see cref="MaxSampleRate"/>.</exception>
    public static void RequireSampleRate(int rate, string parameter)
    {
        if (rate is < 1 or > MaxSampleRate)
        {
            throw new ArgumentOutOfRangeException(parameter, rate, $"The sample rate is {rate} Hz, but 1 to {MaxSampleRate} Hz were expected.");
        }
    }

    /// <summary>Checks a number of channels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not between 1 and <see cref="MaxChannels"/>.</exception>
    public static void RequireChannels(int channels, string parameter)
    {
        if (channels is < 1 or > MaxChannels)
        {
            throw new ArgumentOutOfRangeException(parameter, channels, $"The number of channels is {channels}, but 1 to {MaxChannels} were expected.");
        }
    }

    /// <summary>The position of the first NaN or infinity, or -1.</summary>
    public static int IndexOfNonFinite(ReadOnlySpan<float> samples)
    {
        for (var i = 0; i < samples.Length; i++)
        {
            if (!float.IsFinite(samples[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>A section of one channel as the tensor's own memory, without a copy. The span is valid as long as the tensor is not disposed.</summary>
    /// <param name="wav">[C, T] float32, contiguous, on the CPU, such as the result of <see cref="ToChannelsTime"/>.</param>
    /// <param name="channel">0 to C - 1.</param>
    /// <param name="start">The first sample, 0 to T.</param>
    /// <param name="count">The number of samples, at most T - <paramref name="start"/>.</param>
    /// <exception cref="ArgumentException">The tensor has another type or device.</exception>
    public static Span<float> Samples(Tensor wav, long channel, long start, int count)
    {
        ArgumentNullException.ThrowIfNull(wav);
        if (wav.dtype != ScalarType.Float32 || wav.device_type != DeviceType.CPU)
        {
            throw new ArgumentException($"A float32 tensor on the CPU was expected, not {wav.dtype} on {wav.device}.", nameof(wav));
        }

        if (count == 0)
        {
            return [];
        }

        using var row = wav.select(0, channel);
        using var section = row.narrow(0, start, count);
        return MemoryMarshal.Cast<byte, float>(section.bytes);
    }

    internal static bool IsFloat(ScalarType type) => type is ScalarType.Float32 or ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16;

    internal static void RequireFloat(Tensor wav, string parameter)
    {
        if (!IsFloat(wav.dtype))
        {
            throw new ArgumentException($"The audio has elements of type {wav.dtype}, but a floating-point type was expected (full scale is ±1).", parameter);
        }
    }

    private static void RequireFinite(Tensor plain, string parameter)
    {
        const int Block = 1 << 20;
        for (long channel = 0; channel < plain.size(0); channel++)
        {
            for (long start = 0, length = plain.size(1); start < length; start += Block)
            {
                var samples = Samples(plain, channel, start, (int)Math.Min(Block, length - start));
                if (IndexOfNonFinite(samples) is var bad and >= 0)
                {
                    throw new ArgumentException($"Sample {start + bad} of channel {channel} is {samples[bad]}, but finite values were expected.", parameter);
                }
            }
        }
    }
}
