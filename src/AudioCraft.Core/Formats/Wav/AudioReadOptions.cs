using AudioCraft.Audio;
using Microsoft.Extensions.Logging;

namespace AudioCraft;

/// <summary>How audio files are read. A conversion is applied block by block while the file is decoded, so that memory depends on the result, not on the file.</summary>
public sealed record AudioReadOptions
{
    /// <summary>The sample rate of the result in hertz, 1 to 1,000,000; null (default) for the sample rate of the file.</summary>
    public int? SampleRate { get; init; }

    /// <summary>The number of channels of the result, 1 to 64; null (default) for the number in the file. Mono is repeated; a file with more channels is mixed down.</summary>
    public int? Channels { get; init; }

    /// <summary>How channels are reduced. The positions of the channels are taken from the file.</summary>
    public DownmixMode Downmix { get; init; } = DownmixMode.Standard;

    /// <summary>
    /// The largest number of samples of the result, of all channels together; null (default) for no limit with WAV and 2^29 with compressed formats, whose files can be thousands of
    /// times smaller than their samples.
    /// </summary>
    public long? MaxSamples { get; init; }

    /// <summary>Receives a warning where a header is wrong and the samples were read nevertheless; or null.</summary>
    public ILogger? Logger { get; init; }

    /// <summary>The name of a stream in messages; null for "the stream". Files are named by their path.</summary>
    public string? SourceName { get; init; }

    /// <summary>Makes the converter for a file.</summary>
    /// <param name="name">The name of the file, for the exception.</param>
    /// <param name="sampleRate">The sample rate of the file in hertz.</param>
    /// <param name="channels">The number of channels of the file.</param>
    /// <param name="layout">The positions of the channels.</param>
    /// <returns>Null if nothing is to be converted.</returns>
    /// <exception cref="ArgumentException">A value of these options is out of range.</exception>
    /// <exception cref="AudioFormatException">The file cannot be converted: it has fewer channels than requested and more than one, or the rates differ by more than a factor of 1000.</exception>
    public AudioConverter? CreateConverter(string name, int sampleRate, int channels, ChannelMask layout = ChannelMask.None)
    {
        Validate();
        var (rate, count) = (SampleRate ?? sampleRate, Channels ?? channels);
        if (rate == sampleRate && count == channels)
        {
            return null;
        }

        if (channels != 1 && channels < count)
        {
            throw new AudioFormatException($"{name} has {channels} channels, but {count} were requested, and the number can only be reduced.");
        }

        return Math.Max(rate, sampleRate) <= (long)Resampler.MaxRatio * Math.Min(rate, sampleRate)
            ? new AudioConverter(sampleRate, channels, rate, count, Downmix, layout)
            : throw new AudioFormatException($"{name} has a sample rate of {sampleRate} Hz, which differs from {rate} Hz by more than a factor of {Resampler.MaxRatio}.");
    }

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public void Validate()
    {
        Waveform.RequireSampleRate(SampleRate ?? 1, nameof(SampleRate));
        Waveform.RequireChannels(Channels ?? 1, nameof(Channels));
        AudioConversion.RequireMode(Downmix);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSamples ?? 1, 1, nameof(MaxSamples));
    }
}
