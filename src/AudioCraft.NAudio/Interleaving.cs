using AudioCraft.Audio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio;

/// <summary>[C, T] of tensors to frames one after the other, as NAudio has them, and back. The tensors are float32, contiguous, on the CPU.</summary>
internal static class Interleaving
{
    /// <summary>Frames from <paramref name="start"/> on into <paramref name="frames"/>, which is filled.</summary>
    public static void Together(Tensor wav, long start, Span<float> frames)
    {
        var channels = (int)wav.size(0);
        for (var channel = 0; channel < channels; channel++)
        {
            var samples = Waveform.Samples(wav, channel, start, frames.Length / channels);
            for (var i = 0; i < samples.Length; i++)
            {
                frames[(i * channels) + channel] = samples[i];
            }
        }
    }

    /// <summary>Frames to their place in <paramref name="wav"/> from <paramref name="start"/> on.</summary>
    public static void Apart(ReadOnlySpan<float> frames, Tensor wav, long start)
    {
        var channels = (int)wav.size(0);
        for (var channel = 0; channel < channels; channel++)
        {
            var samples = Waveform.Samples(wav, channel, start, frames.Length / channels);
            for (var i = 0; i < samples.Length; i++)
            {
                samples[i] = frames[(i * channels) + channel];
            }
        }
    }
}
