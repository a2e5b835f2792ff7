using System.Runtime.CompilerServices;
using AudioCraft.Audio;
using NAudio.Wave;
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
    /// <param name="maxSamples">The largest number of samples of the result, of all channels together.</param>
    /// <param name="failure">Makes the exception of a predicate such as "ends within a frame.".</param>
    /// <param name="channels">The number of channels of the result; null for the number of the source.</param>
    /// <param name="convert">Converts a block [C, T]; it returns null for the block itself.</param>
    /// <param name="complete">Returns the samples that follow the last block; or null.</param>
    internal static Tensor ReadAll(
        ISampleProvider source, long maxSamples, Func<string, Exception> failure, int? channels = null, Func<Tensor, Tensor?>? convert = null, Func<Tensor?>? complete = null)
    {
        var sourceChannels = source.WaveFormat.Channels;
        using var audio = new WaveformBuffer(channels ?? sourceChannels);
        using var block = new WaveformBuffer(sourceChannels);
        var buffer = new float[BlockFrames * sourceChannels];
        var total = 0L;
        int filled;
        do
        {
            // A source may return fewer samples than requested before its end.
            filled = 0;
            while (filled < buffer.Length && source.Read(buffer.AsSpan(filled)) is var read and > 0)
            {
                filled += read;
            }

            total += filled;
            if (filled % sourceChannels != 0)
            {
                throw failure($"ends within a frame, after {total} samples of {sourceChannels} channels.");
            }

            block.Append(buffer.AsSpan(0, filled));
            using Tensor samples = block.ToTensor();
            Append(convert?.Invoke(samples), samples);
        }
        while (filled == buffer.Length);

        Append(complete?.Invoke(), null);
        return audio.ToTensor();

        void Append(Tensor? converted, Tensor? original)
        {
            using (converted)
            {
                var part = converted ?? original;
                if (part is not null && (audio.Frames + part.size(1)) * audio.Channels > maxSamples)
                {
                    throw failure($"has more than {maxSamples} samples, the limit of this call.");
                }

                if (part is not null)
                {
                    audio.Append(part);
                }
            }
        }
    }
}
