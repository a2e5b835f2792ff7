using AudioCraft.Audio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio;

/// <summary>Conversion between [C, T] tensors and interleaved samples. The tensors are float32, contiguous, on the CPU.</summary>
internal static class Interleaving
{
    /// <summary>Fills <paramref name="frames"/> with the frames of <paramref name="wav"/>, starting at <paramref name="start"/>.</summary>
    public static void Interleave(Tensor wav, long start, Span<float> frames)
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

    /// <summary>Copies <paramref name="frames"/> into <paramref name="wav"/>, starting at <paramref name="start"/>.</summary>
    public static void Deinterleave(ReadOnlySpan<float> frames, Tensor wav, long start)
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
