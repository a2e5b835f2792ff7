using AudioCraft.Audio;
using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Hosting;

/// <summary>A sound in managed memory: there is nothing to dispose of.</summary>
public sealed class Sound
{
    /// <summary>Wraps samples, without copying them.</summary>
    /// <param name="samples">Interleaved: a sample of each channel, then the next of each. Full scale is ±1.</param>
    /// <param name="channels">1 to 64.</param>
    /// <param name="sampleRate">In hertz, 1 to 1,000,000.</param>
    /// <param name="seed">The seed that it was made with, if it was.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the samples are not whole frames.</exception>
    public Sound(float[] samples, int channels, int sampleRate, long? seed = null)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (channels is < 1 or > WavFormat.MaxChannels)
        {
            throw new ArgumentOutOfRangeException(nameof(channels), channels, $"There are {channels} channels, but 1 to {WavFormat.MaxChannels} were expected.");
        }

        Waveform.RequireSampleRate(sampleRate, nameof(sampleRate));
        if (samples.Length % channels != 0)
        {
            throw new ArgumentException($"{samples.Length} samples are not whole frames of {channels} channels.", nameof(samples));
        }

        (Samples, Channels, SampleRate, Seed) = (samples, channels, sampleRate, seed);
    }

    /// <summary>Interleaved samples; full scale is ±1, and what a model makes may be beyond it.</summary>
    public float[] Samples { get; }

    /// <summary>Channels, 1 to 64.</summary>
    public int Channels { get; }

    /// <summary>In hertz.</summary>
    public int SampleRate { get; }

    /// <summary>The seed that it was made with, if it was.</summary>
    public long? Seed { get; }

    /// <summary>Samples of a channel.</summary>
    public int Frames => Samples.Length / Channels;

    /// <summary>How long it is.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds((double)Frames / SampleRate);

    /// <summary>A copy of the samples of a tensor.</summary>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type, on any device. It stays the caller's.</param>
    /// <param name="sampleRate">In hertz, 1 to 1,000,000.</param>
    /// <param name="seed">The seed that it was made with, if it was.</param>
    /// <exception cref="ArgumentException">The shape or type is not that, or a sample is not finite.</exception>
    public static Sound FromTensor(Tensor wav, int sampleRate, long? seed = null)
    {
        using var plain = Waveform.ToChannelsTime(wav, nameof(wav));
        return new Sound(Interleaved(plain), (int)plain.size(0), sampleRate, seed);
    }

    /// <summary>A copy of the samples as [C, T] float on the CPU, which the caller owns.</summary>
    public Tensor ToTensor()
    {
        using var scope = NewDisposeScope();
        return tensor(Samples, [Frames, Channels]).t().contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>[C, T] of any float type and device as interleaved samples, whatever their values.</summary>
    internal static float[] Interleaved(Tensor wav)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return wav.detach().to(ScalarType.Float32, CPU).t().contiguous().data<float>().ToArray();
    }

    /// <summary>Refuses a sound that is empty, or longer than allowed.</summary>
    internal void CheckLength(double maxSeconds, string parameter)
    {
        if (Samples.Length == 0 || (double)Frames / SampleRate > maxSeconds)
        {
            throw new ArgumentException($"The sound has {(double)Frames / SampleRate} s, but more than 0 and at most {maxSeconds} s were expected.", parameter);
        }
    }
}
