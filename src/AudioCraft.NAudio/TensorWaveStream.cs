using System.Runtime.InteropServices;
using AudioCraft.Audio;
using NAudio.Wave;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio;

/// <summary>
/// The samples of a tensor as a seekable <see cref="WaveStream"/> of 32-bit floats and an <see cref="ISampleProvider"/>.
/// It copies the samples into managed memory: the tensor can be disposed, and the stream holds no resources.
/// </summary>
public sealed class TensorWaveStream : WaveStream, ISampleProvider
{
    private readonly float[] samples;
    private long position;

    /// <summary>Copies the samples of a tensor.</summary>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, 1 to 64 channels, finite, fewer than 2^31 samples.</param>
    /// <param name="sampleRate">In hertz, 1 to 1,000,000.</param>
    /// <exception cref="ArgumentException">The tensor has another shape or type, a sample is NaN or infinite, there are too many samples, or the sample rate is out of range.</exception>
    public TensorWaveStream(Tensor wav, int sampleRate)
    {
        Waveform.RequireSampleRate(sampleRate, nameof(sampleRate));
        using var plain = Waveform.ToChannelsTime(wav, nameof(wav));
        if (plain.numel() > Array.MaxLength)
        {
            throw new ArgumentException($"The audio has {plain.numel()} samples, but at most {Array.MaxLength} were expected.", nameof(wav));
        }

        samples = new float[plain.numel()];
        Interleaving.Interleave(plain, 0, samples);
        WaveFormat = WaveFormat.CreateIeeeFloatWaveFormat(sampleRate, (int)plain.size(0));
    }

    /// <inheritdoc/>
    public override WaveFormat WaveFormat { get; }

    /// <summary>The length in bytes, 4 per sample.</summary>
    public override long Length => samples.LongLength * sizeof(float);

    /// <summary>The position in bytes. A new value is rounded down to a whole frame and limited to 0…<see cref="Length"/>.</summary>
    public override long Position
    {
        get => position * sizeof(float);
        set
        {
            var whole = Math.Clamp(value, 0, Length);
            position = (whole - (whole % WaveFormat.BlockAlign)) / sizeof(float);
        }
    }

    /// <summary>Reads interleaved samples.</summary>
    /// <param name="buffer">Filled from its beginning.</param>
    /// <returns>The number of samples, fewer than requested only at the end; 0 at the end.</returns>
    public int Read(Span<float> buffer)
    {
        var count = (int)Math.Min(buffer.Length, samples.LongLength - position);
        samples.AsSpan((int)position, count).CopyTo(buffer);
        position += count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => Read(MemoryMarshal.Cast<byte, float>(buffer)) * sizeof(float);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }
}
