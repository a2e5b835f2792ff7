using AudioCraft.Audio;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Converts the sample rate and the channels of audio that arrives in chunks, in constant memory. The chunks together equal <see cref="AudioConversion.Convert"/> of the complete audio
/// up to rounding. Use one converter per stream, from one thread at a time; it can be disposed of at any time and from any thread.
/// </summary>
public sealed class AudioConverter : IDisposable
{
    private readonly int fromChannels;
    private readonly int toChannels;
    private readonly DownmixMode downmix;
    private readonly ChannelMask layout;
    private readonly StreamingResampler resampler;
    private readonly NativeLifetime lifetime;
    private bool isComplete;

    /// <summary>Creates a converter.</summary>
    /// <param name="fromRate">The sample rate of the chunks in hertz, 1 to 1,000,000.</param>
    /// <param name="fromChannels">The number of channels of the chunks, 1 to 64.</param>
    /// <param name="toRate">The target sample rate in hertz, within a factor of 1000.</param>
    /// <param name="toChannels">The target number of channels, at most <paramref name="fromChannels"/> unless that is 1.</param>
    /// <param name="downmix">How channels are reduced.</param>
    /// <param name="layout">The positions of the channels.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public AudioConverter(
        int fromRate, int fromChannels, int toRate, int toChannels, DownmixMode downmix = DownmixMode.Standard, ChannelMask layout = ChannelMask.None)
    {
        Waveform.RequireSampleRate(fromRate, nameof(fromRate));
        Waveform.RequireSampleRate(toRate, nameof(toRate));
        Waveform.RequireChannels(fromChannels, nameof(fromChannels));
        Waveform.RequireChannels(toChannels, nameof(toChannels));
        AudioConversion.RequireMode(downmix);
        if (fromChannels != 1 && fromChannels < toChannels)
        {
            throw new ArgumentException($"{toChannels} channels were requested, but the audio has {fromChannels} channels; the number of channels can only be reduced.", nameof(toChannels));
        }

        (this.fromChannels, this.toChannels, this.downmix, this.layout) = (fromChannels, toChannels, downmix, layout);
        resampler = new StreamingResampler(new Resampler(fromRate, toRate));
        lifetime = new NativeLifetime(this);
    }

    /// <summary>Converts the next chunk. Some samples are returned by later calls: the resampling filter needs those that follow.</summary>
    /// <param name="chunk">[C, T] of any float type, the same type and device for all chunks. It is not changed.</param>
    /// <returns>[C', T'] of the same type and device, owned by the caller; T' may be 0.</returns>
    /// <exception cref="ArgumentException">The chunk has another shape or type.</exception>
    /// <exception cref="InvalidOperationException"><see cref="Complete"/> was called.</exception>
    /// <exception cref="ObjectDisposedException">The converter is disposed of.</exception>
    public Tensor Convert(Tensor chunk)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        Waveform.RequireFloat(chunk, nameof(chunk));
        if (chunk.dim() != 2 || chunk.size(0) != fromChannels)
        {
            throw new ArgumentException($"The chunk has shape [{string.Join(", ", chunk.shape)}], but [{fromChannels}, T] was expected.", nameof(chunk));
        }

        using var use = lifetime.Enter();
        if (isComplete)
        {
            throw new InvalidOperationException("The converter is complete: use another one for other audio.");
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var plain = chunk.detach();
        var mixed = toChannels < fromChannels ? ChannelMixer.Mix(plain, toChannels, downmix, layout) : plain;
        return Widen(resampler.Push(mixed)).MoveToOuterDisposeScope();
    }

    /// <summary>Returns the samples after those that were returned so far: the end of the audio.</summary>
    /// <returns>[C', T'], owned by the caller; float32 on the CPU if there was no chunk.</returns>
    /// <exception cref="InvalidOperationException">The method was called before.</exception>
    /// <exception cref="ObjectDisposedException">The converter is disposed of.</exception>
    public Tensor Complete()
    {
        using var use = lifetime.Enter();
        if (isComplete)
        {
            throw new InvalidOperationException("The converter is complete: use another one for other audio.");
        }

        isComplete = true;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return Widen(resampler.Complete(Math.Min(fromChannels, toChannels))).MoveToOuterDisposeScope();
    }

    /// <summary>Frees the samples that the filter holds, when a call that is running has ended.</summary>
    public void Dispose() => lifetime.Dispose(resampler.Dispose);

    private Tensor Widen(Tensor audio) => audio.size(0) == toChannels ? audio : audio.expand(toChannels, -1).contiguous();
}
