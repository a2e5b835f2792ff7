using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NAudio.Wave;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio;

/// <summary>Conversions between tensors and NAudio's providers and streams.</summary>
public static class ProviderExtensions
{
    private const int BlockFrames = 1 << 14;

    /// <summary>Copies a tensor into a stream of 32-bit float samples.</summary>
    /// <inheritdoc cref="TensorWaveStream(Tensor, int)"/>
    public static TensorWaveStream ToWaveStream(this Tensor wav, int sampleRate) => new(wav, sampleRate);

    /// <summary>Copies a tensor into a sample provider.</summary>
    /// <inheritdoc cref="TensorWaveStream(Tensor, int)"/>
    public static ISampleProvider ToSampleProvider(this Tensor wav, int sampleRate) => new TensorWaveStream(wav, sampleRate);

    /// <summary>Reads a sample provider to its end.</summary>
    /// <param name="source">Read from its current position. Many of NAudio's effects never end: for those, limit the length with <c>Take</c>.</param>
    /// <param name="maxSamples">The largest number of samples, of all channels together.</param>
    /// <returns>[C, T] float32 on the CPU, owned by the caller, and the sample rate in hertz.</returns>
    /// <exception cref="InvalidOperationException">The source has more than <paramref name="maxSamples"/> samples, or ends within a frame.</exception>
    [OverloadResolutionPriority(1)] // for types that are both kinds of provider, such as SoundFileReader
    public static (Tensor Wav, int SampleRate) ToTensor(this ISampleProvider source, long maxSamples = NAudioFile.DefaultMaxSamples)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSamples, 1);
        return (ReadAll(source, maxSamples, message => new InvalidOperationException($"The source {message}")), source.WaveFormat.SampleRate);
    }

    /// <summary>Reads a wave provider or stream to its end.</summary>
    /// <param name="source">Read from its current position: PCM of 8 to 32 bits or IEEE float.</param>
    /// <param name="maxSamples">The largest number of samples, of all channels together.</param>
    /// <returns>[C, T] float32 on the CPU, owned by the caller, and the sample rate in hertz.</returns>
    /// <exception cref="ArgumentException">The samples have another encoding.</exception>
    /// <exception cref="InvalidOperationException">The source has more than <paramref name="maxSamples"/> samples, or ends within a frame.</exception>
    public static (Tensor Wav, int SampleRate) ToTensor(this IWaveProvider source, long maxSamples = NAudioFile.DefaultMaxSamples)
    {
        ArgumentNullException.ThrowIfNull(source);
        return (source as ISampleProvider ?? source.ToSampleProvider()).ToTensor(maxSamples);
    }

    /// <summary>Reads to the end. Memory grows with the samples that are read, whatever length a header states.</summary>
    /// <param name="source">The source.</param>
    /// <param name="maxSamples">The largest number of samples, of all channels together.</param>
    /// <param name="failure">Makes the exception of a predicate such as "ends within a frame.".</param>
    internal static Tensor ReadAll(ISampleProvider source, long maxSamples, Func<string, Exception> failure)
    {
        var channels = source.WaveFormat.Channels;
        var blocks = new List<float[]>();
        var buffer = new float[BlockFrames * channels];
        var total = 0L;
        var filled = 0;
        while (source.Read(buffer.AsSpan(filled)) is var read and > 0)
        {
            total += read;
            filled += read;
            if (total > maxSamples)
            {
                throw failure($"has more than {maxSamples} samples, the limit of this call.");
            }

            // A source may return fewer samples than requested before its end. Full blocks consist of whole frames.
            if (filled == buffer.Length)
            {
                blocks.Add(buffer);
                buffer = new float[buffer.Length];
                filled = 0;
            }
        }

        if (filled % channels != 0)
        {
            throw failure($"ends within a frame, after {total} samples of {channels} channels.");
        }

        blocks.Add(buffer[..filled]);
        var wav = Allocate(channels, total / channels);
        try
        {
            var start = 0L;
            foreach (var block in blocks)
            {
                Interleaving.Deinterleave(block, wav, start);
                start += block.Length / channels;
            }

            return wav;
        }
        catch
        {
            wav.Dispose();
            throw;
        }
    }

    private static Tensor Allocate(int channels, long frames)
    {
        try
        {
            return empty(channels, frames, dtype: ScalarType.Float32);
        }
        catch (ExternalException error)
        {
            throw new AudioCraftException($"There is not enough memory for {frames} frames of {channels} channels.", error);
        }
    }
}
