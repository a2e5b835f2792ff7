using System.Runtime.InteropServices;
using AudioCraft.Audio;
using NAudio.Wave;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio;

/// <summary>
/// A sound of a tensor as NAudio reads it: a <see cref="WaveStream"/> of 32-bit floats that can be positioned, and an <see cref="ISampleProvider"/>.
/// It holds a copy of the samples, in memory of .NET: the tensor may be disposed of, and the stream need not be.
/// </summary>
public sealed class TensorWaveStream : WaveStream, ISampleProvider
{
    private readonly float[] samples;
    private long position;

    /// <summary>Copies the sound.</summary>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, 1 to 64 channels, finite, of at most 2^31 samples.</param>
    /// <param name="sampleRate">In hertz, 1 to 1,000,000.</param>
    /// <exception cref="ArgumentException">The sound has another shape or type, a sample is NaN or infinite, or there are too many of them.</exception>
    public TensorWaveStream(Tensor wav, int sampleRate)
    {
        Waveform.RequireSampleRate(sampleRate, nameof(sampleRate));
        using var plain = Waveform.ToChannelsTime(wav, nameof(wav));
        if (plain.numel() > Array.MaxLength)
        {
            throw new ArgumentException($"The sound has {plain.numel()} samples, but at most {Array.MaxLength} were expected.", nameof(wav));
        }

        samples = new float[plain.numel()];
        Interleaving.Together(plain, 0, samples);
        WaveFormat = WaveFormat.CreateIeeeFloatWaveFormat(sampleRate, (int)plain.size(0));
    }

    /// <inheritdoc/>
    public override WaveFormat WaveFormat { get; }

    /// <summary>Bytes in all.</summary>
    public override long Length => samples.LongLength * sizeof(float);

    /// <summary>Bytes before the next sample; what is set is rounded down to a whole frame, and kept from 0 to <see cref="Length"/>.</summary>
    public override long Position
    {
        get => position * sizeof(float);
        set
        {
            var whole = Math.Clamp(value, 0, Length);
            position = (whole - (whole % WaveFormat.BlockAlign)) / sizeof(float);
        }
    }

    /// <summary>Samples that are left, as many as have room; 0 at the end.</summary>
    /// <param name="buffer">Filled from its beginning.</param>
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
