using AudioCraft.Audio;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>Sample rates, channels and sample types of tensors, as upstream's data/audio_utils.py and julius 0.2.7 convert them.</summary>
public static class AudioConversion
{
    private static readonly Scalar Pcm8Scale = 128f, Pcm16Scale = 32768f, Pcm16Max = 32767f, Pcm32Scale = 2147483648f;

    /// <summary>Converts the sample rate and the channels: <c>convert_audio</c>. Channels are mixed down before resampling, which needs less memory and is equal up to rounding.</summary>
    /// <param name="wav">[…, C, T] of any float type, on any device. It is not changed.</param>
    /// <param name="fromRate">Its sample rate in hertz, 1 to 1,000,000.</param>
    /// <param name="toRate">The target sample rate in hertz, 1 to 1,000,000.</param>
    /// <param name="channels">The target number of channels, at least 1: see <see cref="ConvertChannels"/>.</param>
    /// <param name="downmix">How channels are reduced.</param>
    /// <param name="layout">The positions of the channels, for <see cref="DownmixMode.Standard"/>.</param>
    /// <returns>[…, <paramref name="channels"/>, ⌊T · to / from⌋] of the same type and device, which the caller owns and which shares no memory with <paramref name="wav"/>.</returns>
    /// <exception cref="ArgumentException">A value is out of range, or there are fewer channels than requested, and more than one.</exception>
    public static Tensor Convert(
        Tensor wav, int fromRate, int toRate, int channels, DownmixMode downmix = DownmixMode.Standard, ChannelMask layout = ChannelMask.None)
    {
        RequireChannels(wav, channels);
        if (fromRate == toRate)
        {
            Waveform.RequireSampleRate(fromRate, nameof(fromRate));
            return ConvertChannels(wav, channels, downmix, layout);
        }

        if (wav.size(-2) <= channels)
        {
            using var resampled = Resample(wav, fromRate, toRate);
            return ConvertChannels(resampled, channels, downmix, layout);
        }

        using var mixed = ConvertChannels(wav, channels, downmix, layout);
        return Resample(mixed, fromRate, toRate);
    }

    /// <summary>
    /// Converts the number of channels. One channel is repeated. Several channels are reduced with the coefficients of ITU-R BS.775, so that no channel's content is lost;
    /// <see cref="DownmixMode.Upstream"/> selects the behavior of <c>convert_audio_channels</c>: to one by the mean, otherwise the first channels.
    /// </summary>
    /// <param name="wav">[…, C, T], C at least 1. It is not changed.</param>
    /// <param name="channels">The target number of channels, at least 1.</param>
    /// <param name="downmix">How channels are reduced.</param>
    /// <param name="layout">The positions of the channels, for <see cref="DownmixMode.Standard"/>; by default the usual ones for their number (above 8: none, and channels go to the
    /// outputs in turn).</param>
    /// <returns>[…, <paramref name="channels"/>, T] of the same type and device, which the caller owns and which shares no memory with <paramref name="wav"/>.</returns>
    /// <exception cref="ArgumentException">A value is out of range, or C is less than <paramref name="channels"/> without being 1.</exception>
    public static Tensor ConvertChannels(Tensor wav, int channels, DownmixMode downmix = DownmixMode.Standard, ChannelMask layout = ChannelMask.None)
    {
        RequireChannels(wav, channels);
        RequireMode(downmix);
        var shape = wav.shape;
        var source = shape[^2];
        shape[^2] = channels;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var plain = wav.detach();
        var converted = source == channels ? plain.clone()
            : source == 1 ? plain.expand(shape).clone().contiguous()
            : ChannelMixer.Mix(plain, channels, downmix, layout);

        // The first channels of a tensor share its memory.
        return (downmix == DownmixMode.Upstream && channels > 1 ? converted.clone().contiguous() : converted).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Resamples with the windowed sinc of julius' <c>ResampleFrac</c> (24 zero crossings, roll-off 0.945), repeating the end samples outwards.
    /// Rates whose reduced fraction has large terms (44100 to 44099) are computed tap by tap in double precision, in bounded memory, where julius needs gigabytes.
    /// </summary>
    /// <param name="wav">[…, T] of any float type, on any device. It is not changed.</param>
    /// <param name="fromRate">Its sample rate in hertz, 1 to 1,000,000.</param>
    /// <param name="toRate">The target sample rate in hertz, 1 to 1,000,000, and within a factor of 1000.</param>
    /// <param name="outputLength">Length of the result, 0 to ⌈T · to / from⌉; by default ⌊T · to / from⌋, which is rounded to float32 first, as in julius.</param>
    /// <param name="full">Whether to return the longest result, ⌈T · to / from⌉, instead.</param>
    /// <returns>[…, T'] of the same type and device, which the caller owns and which shares no memory with <paramref name="wav"/>.</returns>
    /// <exception cref="ArgumentException">A value is out of range, or both <paramref name="outputLength"/> and <paramref name="full"/> are given.</exception>
    public static Tensor Resample(Tensor wav, int fromRate, int toRate, long? outputLength = null, bool full = false)
    {
        ArgumentNullException.ThrowIfNull(wav);
        Waveform.RequireFloat(wav, nameof(wav));
        Waveform.RequireSampleRate(fromRate, nameof(fromRate));
        Waveform.RequireSampleRate(toRate, nameof(toRate));
        if (wav.dim() == 0)
        {
            throw new ArgumentException("The audio has shape [], but […, T] was expected.", nameof(wav));
        }

        if (full && outputLength is not null)
        {
            throw new ArgumentException($"The output length {outputLength} and the full length cannot both be requested.", nameof(outputLength));
        }

        var resampler = new Resampler(fromRate, toRate);
        var length = full ? long.MaxValue : outputLength ?? resampler.DefaultLength(wav.size(-1));
        var longest = resampler.FullLength(wav.size(-1));
        if (outputLength < 0 || outputLength > longest)
        {
            throw new ArgumentOutOfRangeException(
                nameof(outputLength), outputLength, $"The output length is {outputLength}, but 0 to {longest} are possible from {wav.size(-1)} samples at {fromRate} Hz.");
        }

        return resampler.Run(wav, full ? longest : length);
    }

    /// <summary>Converts integers to float32 with full scale ±1: <c>f32_pcm</c>, and also unsigned 8-bit. Floats are unchanged.</summary>
    /// <param name="pcm">Any shape, of type int16, int32, uint8 or float.</param>
    /// <returns>The same shape, which the caller owns and which shares no memory with <paramref name="pcm"/>.</returns>
    /// <exception cref="ArgumentException">The elements are of another type.</exception>
    public static Tensor ToFloat(Tensor pcm)
    {
        ArgumentNullException.ThrowIfNull(pcm);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var plain = pcm.dtype switch
        {
            ScalarType.Int16 => pcm.to(ScalarType.Float32).div(Pcm16Scale),
            ScalarType.Int32 => pcm.to(ScalarType.Float32).div(Pcm32Scale),
            ScalarType.Byte => pcm.to(ScalarType.Float32).sub(Pcm8Scale).div(Pcm8Scale),
            _ when Waveform.IsFloat(pcm.dtype) => pcm.detach().clone(),
            _ => throw new ArgumentException($"The samples are of type {pcm.dtype}, but int16, int32, uint8 or floating point was expected.", nameof(pcm)),
        };
        return plain.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Converts floats to 16-bit integers: <c>i16_pcm</c>. Rounds half to even; where the loudest sample would round to 32768, which 16 bits cannot represent,
    /// the whole signal is scaled by 32767 instead of 32768. 16-bit integers are unchanged.
    /// </summary>
    /// <param name="wav">Any shape, of any float type, within ±1.</param>
    /// <returns>int16 of the same shape, which the caller owns and which shares no memory with <paramref name="wav"/>.</returns>
    /// <exception cref="ArgumentException">A sample is beyond ±1, NaN or infinite, or the elements are of another type.</exception>
    public static Tensor ToPcm16(Tensor wav)
    {
        ArgumentNullException.ThrowIfNull(wav);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        if (wav.dtype == ScalarType.Int16)
        {
            return wav.clone().MoveToOuterDisposeScope();
        }

        Waveform.RequireFloat(wav, nameof(wav));
        if (wav.numel() == 0)
        {
            return wav.to(ScalarType.Int16).MoveToOuterDisposeScope();
        }

        // Half precision cannot represent the integers up to 32768.
        var plain = wav.dtype == ScalarType.Float64 ? wav : wav.to(ScalarType.Float32);
        if (plain.abs().max().to(ScalarType.Float64).item<double>() is var peak && !(peak <= 1))
        {
            throw new ArgumentException($"The largest magnitude is {peak}, but at most 1 was expected.", nameof(wav));
        }

        var candidate = plain.mul(Pcm16Scale).round();
        if (candidate.max().to(ScalarType.Float64).item<double>() >= 32768)
        {
            candidate = plain.mul(Pcm16Max).round();
        }

        return candidate.to(ScalarType.Int16).MoveToOuterDisposeScope();
    }

    internal static void RequireMode(DownmixMode downmix)
    {
        if (!Enum.IsDefined(downmix))
        {
            throw new ArgumentOutOfRangeException(nameof(downmix), downmix, $"The downmix is {downmix}, but one of {string.Join(", ", Enum.GetNames<DownmixMode>())} was expected.");
        }
    }

    private static void RequireChannels(Tensor wav, int channels)
    {
        ArgumentNullException.ThrowIfNull(wav);
        Waveform.RequireFloat(wav, nameof(wav));
        var text = $"[{string.Join(", ", wav.shape)}]";
        if (wav.dim() < 2 || wav.size(-2) < 1)
        {
            throw new ArgumentException($"The audio has shape {text}, but […, C, T] with at least one channel was expected.", nameof(wav));
        }

        if (channels < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(channels), channels, $"{channels} channels were requested, but at least 1 was expected.");
        }

        if (wav.size(-2) != 1 && wav.size(-2) < channels)
        {
            throw new ArgumentException($"{channels} channels were requested, but the audio has {wav.size(-2)} channels (shape {text}); the number of channels can only be reduced.", nameof(channels));
        }
    }
}
