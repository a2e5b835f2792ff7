using System.Runtime.InteropServices;
using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Audio;

/// <summary>Checks of tensors that contain audio.</summary>
internal static class Waveform
{
    public static bool IsFloat(ScalarType type) => type is ScalarType.Float32 or ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16;

    /// <summary>[T], [C, T] or [1, C, T] of any float type and device → [C, T] float32 on the CPU, contiguous, finite. It may share the memory of <paramref name="wav"/>.</summary>
    public static Tensor ToChannelsTime(Tensor wav, string parameter)
    {
        ArgumentNullException.ThrowIfNull(wav, parameter);
        var shape = wav.shape;
        var text = $"[{string.Join(", ", shape)}]";
        if (shape.Length is < 1 or > 3 || shape.Length == 3 && shape[0] != 1)
        {
            throw new ArgumentException($"The audio has shape {text}, but [T], [C, T] or [1, C, T] was expected (write the items of a batch one by one).", parameter);
        }

        RequireFloat(wav, parameter);
        var channels = shape.Length == 1 ? 1 : shape[^2];
        if (channels is < 1 or > WavFormat.MaxChannels)
        {
            throw new ArgumentException($"The audio has shape {text}, that is {channels} channels, but 1 to {WavFormat.MaxChannels} were expected (the order is [C, T]).", parameter);
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var plain = wav.detach().reshape(channels, shape[^1]).to(ScalarType.Float32, CPU).contiguous();
        RequireFinite(plain, parameter);
        return plain.MoveToOuterDisposeScope();
    }

    public static void RequireFloat(Tensor wav, string parameter)
    {
        if (!IsFloat(wav.dtype))
        {
            throw new ArgumentException($"The audio has elements of type {wav.dtype}, but floating point was expected (full scale is ±1).", parameter);
        }
    }

    public static void RequireSampleRate(int rate, string parameter)
    {
        if (rate is < 1 or > WavFormat.MaxSampleRate)
        {
            throw new ArgumentOutOfRangeException(parameter, rate, $"The sample rate is {rate} Hz, but 1 to {WavFormat.MaxSampleRate} Hz were expected.");
        }
    }

    /// <summary>Position of the first NaN or infinity, or -1.</summary>
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

    /// <summary>The memory of a part of one channel of a [C, T] float32 CPU tensor: valid while the tensor is not disposed.</summary>
    public static Span<float> Samples(Tensor wav, long channel, long start, int count)
    {
        if (count == 0)
        {
            return [];
        }

        using var row = wav.select(0, channel);
        using var piece = row.narrow(0, start, count);
        return MemoryMarshal.Cast<byte, float>(piece.bytes);
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
