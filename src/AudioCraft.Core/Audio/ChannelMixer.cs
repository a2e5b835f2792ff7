using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Audio;

/// <summary>Reduces channels: the downmix matrix of ITU-R BS.775-3 (annex 4), extended to the positions that it does not list.</summary>
internal static class ChannelMixer
{
    private const double Minus3Decibels = 0.70710678118654752;

    /// <summary>The positions by number of channels, as in WAV, FLAC and AIFF files without a mask.</summary>
    private static readonly ChannelMask[] Defaults =
    [
        ChannelMask.None,
        ChannelMask.FrontCenter,
        Front,
        Front | ChannelMask.FrontCenter,
        Front | Back,
        Front | ChannelMask.FrontCenter | Back,
        Front | ChannelMask.FrontCenter | ChannelMask.LowFrequency | Back,
        Front | ChannelMask.FrontCenter | ChannelMask.LowFrequency | ChannelMask.BackCenter | Side,
        Front | ChannelMask.FrontCenter | ChannelMask.LowFrequency | Back | Side,
    ];

    private const ChannelMask Front = ChannelMask.FrontLeft | ChannelMask.FrontRight;
    private const ChannelMask Back = ChannelMask.BackLeft | ChannelMask.BackRight;
    private const ChannelMask Side = ChannelMask.SideLeft | ChannelMask.SideRight;

    /// <summary>The positions for a number of channels; None above 8.</summary>
    public static ChannelMask Default(int channels) => channels < Defaults.Length ? Defaults[channels] : ChannelMask.None;

    /// <summary>[…, C, T] → […, channels, T], with <paramref name="channels"/> below C. It may share memory with <paramref name="wav"/>.</summary>
    public static Tensor Mix(Tensor wav, int channels, DownmixMode mode, ChannelMask layout)
    {
        var sources = (int)wav.size(-2);
        if (mode == DownmixMode.Upstream)
        {
            return channels == 1 ? wav.mean([-2], keepdim: true) : wav.narrow(-2, 0, channels);
        }

        var matrix = Matrix(sources, channels, layout);
        if (channels == 1 && sources == 2 && matrix[0] == matrix[1])
        {
            return wav.mean([-2], keepdim: true);
        }

        using var coefficients = tensor(matrix, [channels, sources]);
        using var typed = coefficients.to(wav.dtype, wav.device);
        return typed.matmul(wav);
    }

    /// <summary>The coefficients, row by row: [channels, sources].</summary>
    public static float[] Matrix(int sources, int channels, ChannelMask layout)
    {
        if (layout == ChannelMask.Ambisonic)
        {
            // The other channels have a sign for the direction and would cancel each other.
            return [.. Enumerable.Range(0, channels * sources).Select(i => i % sources == 0 ? 1f : 0f)];
        }

        var targets = Positions(Default(channels), channels);
        var positions = Positions(layout == ChannelMask.None ? Default(sources) : layout, sources);
        var matrix = new double[channels * sources];
        for (var source = 0; source < sources; source++)
        {
            if (positions[source] is var position and not ChannelMask.None)
            {
                Add(position, 1, source);
            }
            else
            {
                // Without a position: in turn to the outputs, so that pairs of channels stay left and right.
                matrix[((source % channels) * sources) + source] = 1;
            }
        }

        var largest = Enumerable.Range(0, channels).Max(row => matrix.AsSpan(row * sources, sources).ToArray().Sum());
        return largest > 0 ? [.. matrix.Select(value => (float)(value / largest))] : [.. matrix.Select(_ => 1f / sources)];

        void Add(ChannelMask position, double gain, int source)
        {
            if (Array.IndexOf(targets, position) is var row and >= 0)
            {
                matrix[(row * sources) + source] += gain;
                return;
            }

            foreach (var (other, factor) in Replacements(position, targets))
            {
                Add(other, gain * factor, source);
            }
        }
    }

    /// <summary>The output channels that receive a missing position.</summary>
    private static (ChannelMask Position, double Gain)[] Replacements(ChannelMask position, ChannelMask[] targets)
    {
        bool Has(ChannelMask other) => Array.IndexOf(targets, other) >= 0;
        return position switch
        {
            ChannelMask.FrontLeft or ChannelMask.FrontRight => [(ChannelMask.FrontCenter, Minus3Decibels)],
            ChannelMask.FrontCenter => [(ChannelMask.FrontLeft, Minus3Decibels), (ChannelMask.FrontRight, Minus3Decibels)],
            ChannelMask.LowFrequency => [],
            ChannelMask.BackLeft => [Has(ChannelMask.SideLeft) ? (ChannelMask.SideLeft, 1) : (ChannelMask.FrontLeft, Minus3Decibels)],
            ChannelMask.BackRight => [Has(ChannelMask.SideRight) ? (ChannelMask.SideRight, 1) : (ChannelMask.FrontRight, Minus3Decibels)],
            ChannelMask.SideLeft => [Has(ChannelMask.BackLeft) ? (ChannelMask.BackLeft, 1) : (ChannelMask.FrontLeft, Minus3Decibels)],
            ChannelMask.SideRight => [Has(ChannelMask.BackRight) ? (ChannelMask.BackRight, 1) : (ChannelMask.FrontRight, Minus3Decibels)],
            ChannelMask.BackCenter => [(ChannelMask.BackLeft, Minus3Decibels), (ChannelMask.BackRight, Minus3Decibels)],
            ChannelMask.FrontLeftOfCenter => [(ChannelMask.FrontLeft, 1)],
            ChannelMask.FrontRightOfCenter => [(ChannelMask.FrontRight, 1)],
            ChannelMask.TopFrontLeft => [(ChannelMask.FrontLeft, Minus3Decibels)],
            ChannelMask.TopFrontRight => [(ChannelMask.FrontRight, Minus3Decibels)],
            ChannelMask.TopBackLeft => [(ChannelMask.BackLeft, Minus3Decibels)],
            ChannelMask.TopBackRight => [(ChannelMask.BackRight, Minus3Decibels)],
            ChannelMask.TopBackCenter => [(ChannelMask.BackCenter, Minus3Decibels)],
            _ => [(ChannelMask.FrontCenter, Minus3Decibels)],
        };
    }

    /// <summary>The position of each channel; None for channels beyond those of the mask.</summary>
    private static ChannelMask[] Positions(ChannelMask mask, int channels)
    {
        var positions = new ChannelMask[channels];
        var rest = (uint)mask;
        for (var channel = 0; channel < channels && rest != 0; channel++)
        {
            var bit = 1u << BitOperations.TrailingZeroCount(rest);
            positions[channel] = (ChannelMask)bit;
            rest &= ~bit;
        }

        return positions;
    }
}
