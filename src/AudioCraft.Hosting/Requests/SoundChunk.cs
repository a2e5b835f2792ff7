namespace AudioCraft.Hosting;

/// <summary>A piece of a sound that is still being made. Joined in order, the pieces are the whole sound.</summary>
/// <param name="Samples">Interleaved; full scale is ±1, and what a model makes may be beyond it.</param>
/// <param name="Channels">Channels.</param>
/// <param name="SampleRate">In hertz.</param>
/// <param name="StartFrame">Samples of a channel that came before.</param>
public sealed record SoundChunk(float[] Samples, int Channels, int SampleRate, long StartFrame)
{
    /// <summary>Samples of a channel.</summary>
    public int Frames => Samples.Length / Channels;
}
