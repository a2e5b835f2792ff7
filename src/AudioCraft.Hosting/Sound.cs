using AudioCraft.Audio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Hosting;

/// <summary>Audio in managed memory, which needs no disposal.</summary>
public sealed class Sound
{
    /// <summary>Wraps samples, without copying them.</summary>
    /// <param name="samples">Interleaved samples: one of each channel, then the next of each. Full scale is ±1.</param>
    /// <param name="channels">1 to 64.</param>
    /// <param name="sampleRate">In hertz, 1 to 1,000,000.</param>
    /// <param name="seed">The seed with which it was generated, or null.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the number of samples is not a multiple of the channels.</exception>
    public Sound(float[] samples, int channels, int sampleRate, long? seed = null)
    {
        ArgumentNullException.ThrowIfNull(samples);
        Waveform.RequireChannels(channels, nameof(channels));
        Waveform.RequireSampleRate(sampleRate, nameof(sampleRate));
        if (samples.Length % channels != 0)
        {
            throw new ArgumentException($"The number of samples is {samples.Length}, but a multiple of the {channels} channels was expected.", nameof(samples));
        }

        (Samples, Channels, SampleRate, Seed) = (samples, channels, sampleRate, seed);
    }

    /// <summary>Interleaved samples. Full scale is ±1; generated audio can exceed it.</summary>
    public float[] Samples { get; }

    /// <summary>The number of channels, 1 to 64.</summary>
    public int Channels { get; }

    /// <summary>The sample rate in hertz.</summary>
    public int SampleRate { get; }

    /// <summary>The seed with which it was generated, or null.</summary>
    public long? Seed { get; }

    /// <summary>The number of samples per channel.</summary>
    public int Frames => Samples.Length / Channels;

    /// <summary>The duration.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds((double)Frames / SampleRate);

    /// <summary>Copies the samples of a tensor.</summary>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type, on any device. It is not disposed.</param>
    /// <param name="sampleRate">In hertz, 1 to 1,000,000.</param>
    /// <param name="seed">The seed with which it was generated, or null.</param>
    /// <exception cref="ArgumentException">The shape or type is different, or a sample is not finite.</exception>
    public static Sound FromTensor(Tensor wav, int sampleRate, long? seed = null)
    {
        using var plain = Waveform.ToChannelsTime(wav, nameof(wav));
        return new Sound(Interleaved(plain), (int)plain.size(0), sampleRate, seed);
    }

    /// <summary>Copies the samples to a [C, T] float tensor on the CPU, owned by the caller.</summary>
    public Tensor ToTensor()
    {
        using var scope = NewDisposeScope();
        return tensor(Samples, [Frames, Channels]).t().contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Interleaves a [C, T] tensor of any float type and device. The values are not checked.</summary>
    internal static float[] Interleaved(Tensor wav)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return wav.detach().to(ScalarType.Float32, CPU).t().contiguous().data<float>().ToArray();
    }

    /// <summary>Throws if the audio is empty or longer than <paramref name="maxSeconds"/>.</summary>
    internal void CheckLength(double maxSeconds, string parameter)
    {
        if (Samples.Length == 0 || (double)Frames / SampleRate > maxSeconds)
        {
            throw new ArgumentException($"The audio is {(double)Frames / SampleRate} s long, but more than 0 and at most {maxSeconds} s were expected.", parameter);
        }
    }
}

/// <summary>A chunk of a stream. The chunks, joined in order, are the complete audio.</summary>
/// <param name="Samples">Interleaved; full scale is ±1, and generated audio can exceed it.</param>
/// <param name="Channels">The number of channels.</param>
/// <param name="SampleRate">The sample rate in hertz.</param>
/// <param name="StartFrame">The number of samples per channel before this chunk.</param>
public sealed record SoundChunk(float[] Samples, int Channels, int SampleRate, long StartFrame)
{
    /// <summary>The number of samples per channel.</summary>
    public int Frames => Samples.Length / Channels;
}

/// <summary>
/// Audio that is being generated for one consumer. It can be enumerated once; leaving the enumeration or disposing ends the generation.
/// The enumeration throws the exception of the generation, or <see cref="SlowConsumerException"/> if the consumer was too slow.
/// </summary>
public sealed class LiveSound : IAsyncEnumerable<SoundChunk>, IAsyncDisposable
{
    private readonly StreamedSoundJob job;
    private readonly RequestQueue queue;
    private readonly CancellationToken caller;
    private int begun;

    internal LiveSound(StreamedSoundJob job, RequestQueue queue, CancellationToken caller) => (this.job, this.queue, this.caller) = (job, queue, caller);

    /// <summary>The seed of the request, or the random seed that was chosen.</summary>
    public long Seed => job.Seed;

    /// <summary>Enumerates the chunks in order.</summary>
    /// <param name="cancellationToken">Ends the generation, as the token of the request does.</param>
    /// <exception cref="InvalidOperationException">The stream has been enumerated before.</exception>
    public async IAsyncEnumerator<SoundChunk> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref begun, 1) != 0)
        {
            throw new InvalidOperationException("A stream can be enumerated only once.");
        }

        try
        {
            await foreach (var chunk in job.Chunks.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                // Buffered chunks are not returned after a cancellation.
                caller.ThrowIfCancellationRequested();
                cancellationToken.ThrowIfCancellationRequested();
                yield return chunk;
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Ends the generation.</summary>
    public ValueTask DisposeAsync()
    {
        Leave();
        return ValueTask.CompletedTask;
    }

    private void Leave() => job.Leave(queue, new OperationCanceledException("The consumer stopped reading."));
}
