using NAudio.Wave.SampleProviders;

namespace NAudio.Wave;

public static class WaveExtensionMethods
{
    public static IWaveProvider ToWaveProvider(this ISampleProvider sampleProvider) => new SampleToWaveProvider(sampleProvider);

    public static ISampleProvider ToSampleProvider(this IWaveProvider waveProvider) => new DecodedSamples(waveProvider);

    public static void Init(this IWavePlayer wavePlayer, ISampleProvider sampleProvider)
    {
        ArgumentNullException.ThrowIfNull(wavePlayer);
        wavePlayer.Init(new SampleToWaveProvider(sampleProvider));
    }
}
