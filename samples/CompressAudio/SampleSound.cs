using AudioCraft;
using TorchSharp;
using static TorchSharp.torch;

namespace CompressAudio;

/// <summary>Something to compress.</summary>
internal static class SampleSound
{
    /// <summary>A file at a model's rate and channels, or without one three seconds of a chord under a rising tone.</summary>
    public static Tensor Load(string? path, int rate, int channels)
    {
        if (path is not null)
        {
            var (wav, fileRate) = AudioFile.Read(path);
            using (wav)
            {
                return AudioConversion.Convert(wav, fileRate, rate, channels);
            }
        }

        using var scope = NewDisposeScope();
        var time = arange(3 * rate, dtype: ScalarType.Float32) / rate;
        var chord = zeros_like(time);
        foreach (var hertz in new[] { 220.0, 277.18, 329.63 })
        {
            chord = chord + (time * (2 * Math.PI * hertz)).sin() * 0.15;
        }

        var rise = (time * time * (2 * Math.PI * 1000)).sin() * 0.2;
        return (chord + rise).view(1, -1).repeat(channels, 1).MoveToOuterDisposeScope();
    }
}
