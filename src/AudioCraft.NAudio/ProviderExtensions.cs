using System.Runtime.CompilerServices;
using NAudio.Wave;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio;

/// <summary>Between tensors and NAudio's providers and streams.</summary>
public static class ProviderExtensions
{
    private const int BlockFrames = 1 << 14;

    /// <summary>The sound as a stream of 32-bit floats, which holds a copy of it.</summary>
    /// <inheritdoc cref="TensorWaveStream(Tensor, int)"/>
    public static TensorWaveStream ToWaveStream(this Tensor wav, int sampleRate) => new(wav, sampleRate);

    /// <summary>The sound as a source of samples, which holds a copy of it.</summary>
    /// <inheritdoc cref="TensorWaveStream(Tensor, int)"/>
    public static ISampleProvider ToSampleProvider(this Tensor wav, int sampleRate) => new TensorWaveStream(wav, sampleRate);

    /// <summary>Reads a source to its end.</summary>
    /// <param name="source">From where it is now. One that never ends, as many effects of NAudio, ends at <paramref name="maxSamples"/> with an error.</param>
    /// <param name="maxSamples">Samples of all channels together that there may be at most.</param>
    /// <returns>[C, T] float32 on the CPU, which the caller owns, and the rate in hertz.</returns>
    /// <exception cref="InvalidOperationException">The source gives more samples than <paramref name="maxSamples"/>, or ends within a frame.</exception>
    [OverloadResolutionPriority(1)] // for what is both, as SoundFileReader is
    public static (Tensor Wav, int SampleRate) ToTensor(this ISampleProvider source, long maxSamples = NAudioFile.DefaultMaxSamples)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSamples, 1);
        var format = source.WaveFormat;
        var blocks = new List<float[]>();
        var buffer = new float[BlockFrames * format.Channels];
        var total = 0L;
        var filled = 0;
        while (source.Read(buffer.AsSpan(filled)) is var read and > 0)
        {
            total += read;
            filled += read;
            if (total > maxSamples)
            {
                throw new InvalidOperationException($"The source gives more than the {maxSamples} samples that may be read.");
            }

            // A source may give less than there is room for, and not only at its end: blocks are kept whole frames by filling them up.
            if (filled == buffer.Length)
            {
                blocks.Add(buffer);
                buffer = new float[buffer.Length];
                filled = 0;
            }
        }

        if (filled % format.Channels != 0)
        {
            throw new InvalidOperationException($"The source ends after {total} samples, within a frame of {format.Channels} channels.");
        }

        blocks.Add(buffer[..filled]);
        var wav = empty(format.Channels, total / format.Channels, dtype: ScalarType.Float32);
        try
        {
            var start = 0L;
            foreach (var block in blocks)
            {
                Interleaving.Apart(block, wav, start);
                start += block.Length / format.Channels;
            }

            return (wav, format.SampleRate);
        }
        catch
        {
            wav.Dispose();
            throw;
        }
    }

    /// <summary>Reads a stream or another source of bytes to its end: integers of 8 to 32 bits or floating point.</summary>
    /// <param name="source">From where it is now.</param>
    /// <param name="maxSamples">Samples of all channels together that there may be at most.</param>
    /// <returns>[C, T] float32 on the CPU, which the caller owns, and the rate in hertz.</returns>
    /// <exception cref="ArgumentException">Its samples are of another kind.</exception>
    /// <exception cref="InvalidOperationException">It gives more samples than <paramref name="maxSamples"/>, or ends within a frame.</exception>
    public static (Tensor Wav, int SampleRate) ToTensor(this IWaveProvider source, long maxSamples = NAudioFile.DefaultMaxSamples)
    {
        ArgumentNullException.ThrowIfNull(source);
        return (source as ISampleProvider ?? source.ToSampleProvider()).ToTensor(maxSamples);
    }
}
