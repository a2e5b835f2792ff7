namespace AudioCraft;

/// <summary>What the header of an audio file says.</summary>
/// <param name="SampleRate">Samples a second of each channel, in hertz.</param>
/// <param name="Channels">Number of channels.</param>
/// <param name="Frames">Samples in each channel, or null where the header leaves it open and the stream cannot tell its length.</param>
/// <param name="Format">How a sample is stored.</param>
public sealed record AudioFileInfo(int SampleRate, int Channels, long? Frames, AudioSampleFormat Format)
{
    /// <summary>Length in seconds, or null where <see cref="Frames"/> is.</summary>
    public double? Duration => Frames is { } frames ? (double)frames / SampleRate : null;
}
