using System.Runtime.InteropServices;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Audio;

/// <summary>
/// Collects audio of unknown length. Memory grows with the samples that are appended. <see cref="ToTensor"/> releases each part as soon as it is copied, so that the audio is not held twice.
/// Use it from one thread at a time; it can be disposed of at any time and from any thread.
/// </summary>
public sealed class WaveformBuffer : IDisposable
{
    private const long FirstBlockSamples = 1 << 14;

    /// <summary>Blocks of 32 MiB, which allocators return to the system when they are freed.</summary>
    private const long MaxBlockSamples = 1 << 23;

    private readonly List<Tensor> blocks = [];
    private readonly NativeLifetime lifetime;
    private long filled;

    /// <summary>Creates an empty buffer.</summary>
    /// <param name="channels">The number of channels, 1 to 64.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of channels is out of range.</exception>
    public WaveformBuffer(int channels)
    {
        Waveform.RequireChannels(channels, nameof(channels));
        Channels = channels;
        lifetime = new NativeLifetime(this);
    }

    /// <summary>The number of channels.</summary>
    public int Channels { get; }

    /// <summary>The number of samples per channel.</summary>
    public long Frames { get; private set; }

    /// <summary>Appends interleaved samples.</summary>
    /// <param name="frames">Whole frames.</param>
    /// <exception cref="ArgumentException">The number of samples is not a multiple of the channels.</exception>
    /// <exception cref="AudioCraftException">There is not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed of.</exception>
    public void Append(ReadOnlySpan<float> frames)
    {
        if (frames.Length % Channels != 0)
        {
            throw new ArgumentException($"There are {frames.Length} samples, but a multiple of {Channels} channels was expected.", nameof(frames));
        }

        using var use = lifetime.Enter();
        while (!frames.IsEmpty)
        {
            var (block, count) = Room(frames.Length / Channels);
            for (var channel = 0; channel < Channels; channel++)
            {
                var target = Waveform.Samples(block, channel, filled, count);
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = frames[(i * Channels) + channel];
                }
            }

            Advance(count);
            frames = frames[(count * Channels)..];
        }
    }

    /// <summary>Appends audio.</summary>
    /// <param name="wav">[C, T] of any float type on any device. It is not changed.</param>
    /// <exception cref="ArgumentException">The tensor has another shape or type.</exception>
    /// <exception cref="AudioCraftException">There is not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed of.</exception>
    public void Append(Tensor wav)
    {
        ArgumentNullException.ThrowIfNull(wav);
        Waveform.RequireFloat(wav, nameof(wav));
        if (wav.dim() != 2 || wav.size(0) != Channels)
        {
            throw new ArgumentException($"The audio has shape [{string.Join(", ", wav.shape)}], but [{Channels}, T] was expected.", nameof(wav));
        }

        using var use = lifetime.Enter();
        for (long start = 0, length = wav.size(1); start < length;)
        {
            var (block, count) = Room(length - start);
            using var source = wav.narrow(1, start, count);
            using var target = block.narrow(1, filled, count);
            target.copy_(source).Dispose();
            Advance(count);
            start += count;
        }
    }

    /// <summary>Moves the samples into one tensor. The buffer is empty afterwards.</summary>
    /// <returns>[C, T] float32 on the CPU, owned by the caller.</returns>
    /// <exception cref="AudioCraftException">There is not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed of.</exception>
    public Tensor ToTensor()
    {
        using var use = lifetime.Enter();
        var wav = Allocate(Channels, Frames);
        var start = 0L;
        foreach (var block in blocks)
        {
            using (block)
            {
                var count = Math.Min(block.size(1), Frames - start);
                using var source = block.narrow(1, 0, count);
                using var target = wav.narrow(1, start, count);
                target.copy_(source).Dispose();
                start += count;
            }
        }

        blocks.Clear();
        (Frames, filled) = (0, 0);
        return wav;
    }

    /// <summary>Frees the samples, when a call that is running has ended.</summary>
    public void Dispose() => lifetime.Dispose(() =>
    {
        blocks.ForEach(block => block.Dispose());
        blocks.Clear();
        (Frames, filled) = (0, 0);
    });

    internal static Tensor Allocate(int channels, long frames)
    {
        try
        {
            return empty(channels, frames, dtype: ScalarType.Float32);
        }
        catch (ExternalException error)
        {
            throw new AudioCraftException($"There is not enough memory for {frames} samples of {channels} channels.", error);
        }
    }

    private (Tensor Block, int Count) Room(long frames)
    {
        if (blocks.Count == 0 || filled == blocks[^1].size(1))
        {
            var samples = Math.Clamp(Frames * Channels, FirstBlockSamples, MaxBlockSamples);
            blocks.Add(Allocate(Channels, Math.Max(1, samples / Channels)).DetachFromDisposeScope());
            filled = 0;
        }

        return (blocks[^1], (int)Math.Min(frames, blocks[^1].size(1) - filled));
    }

    private void Advance(int count)
    {
        filled += count;
        Frames += count;
    }
}
