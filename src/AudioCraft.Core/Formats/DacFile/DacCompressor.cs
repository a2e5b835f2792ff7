using AudioCraft.Audio;
using AudioCraft.Formats;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft;

/// <summary>
/// Compresses audio of any length, sample rate and number of channels to <see cref="DacFile"/> and back, as descript-audio-codec does (dac/model/base.py): resampled, at a fixed
/// loudness, each channel on its own, window by window. The windows are coded without padding and overlap by the receptive field, so the result is seamless and equals that of the
/// complete audio. The memory use, apart from the audio itself, is constant.
/// </summary>
/// <param name="model">A model in evaluation mode. It is not disposed.</param>
public sealed class DacCompressor(DacModel model)
{
    private const double DecibelsToNepers = 0.11512925464970228;

    private readonly DacModel model = model ?? throw new ArgumentNullException(nameof(model));

    /// <summary>Encodes audio.</summary>
    /// <param name="wav">[T], [C, T] or [1, C, T], float, finite, T at least 1, on any device. It is not changed.</param>
    /// <param name="sampleRate">The sample rate in hertz, 1 to 1,000,000.</param>
    /// <param name="options">The options; null for upstream's defaults.</param>
    /// <param name="progress">Receives the completed fraction, 0 to 1.</param>
    /// <param name="cancellationToken">Checked between windows.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the window is too short for the model; the message contains the minimum.</exception>
    public DacFile Compress(Tensor wav, int sampleRate, DacCompressOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new DacCompressOptions();
        Waveform.RequireSampleRate(sampleRate, nameof(sampleRate));
        var codebooks = options.Codebooks ?? model.NumCodebooks;
        if (codebooks < 1 || codebooks > model.TotalCodebooks)
        {
            throw new ArgumentOutOfRangeException(nameof(options), codebooks, $"The number of codebooks is {codebooks}, but 1 to {model.TotalCodebooks} was expected.");
        }

        if (options.WindowSeconds is { } seconds && !(seconds > 0 && seconds <= 86400) || options.Loudness is { } lufs && !(lufs >= -70 && lufs <= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options, "WindowSeconds must be above 0 and at most 86400, and Loudness −70 to 0.");
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var original = Waveform.ToChannelsTime(wav, nameof(wav));
        if (original.size(1) == 0)
        {
            throw new ArgumentException("The audio has no samples, but at least one was expected.", nameof(wav));
        }

        var audio = AtModelRate(original, sampleRate);
        var loudness = (float)DacLoudness.Measure(audio, model.SampleRate);
        audio = Leveled(audio, loudness, options.Loudness);
        var (codes, chunk, padded) = Encode(audio.unsqueeze(1), options, codebooks, progress, cancellationToken);
        return new DacFile(codes, (int)original.size(0), sampleRate, original.size(1), chunk, padded, [loudness]);
    }

    /// <summary>Encodes audio on a thread of the pool. Do not use the model meanwhile.</summary>
    /// <inheritdoc cref="Compress"/>
    public Task<DacFile> CompressAsync(Tensor wav, int sampleRate, DacCompressOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Compress(wav, sampleRate, options, progress, cancellationToken), cancellationToken);

    /// <summary>Decodes a file to audio with the original sample rate, length and loudness.</summary>
    /// <remarks>
    /// One gain for all channels restores the loudness, so that their balance is kept. Upstream brings each channel to the loudness of all channels together, which amplifies a silent
    /// channel to the level of the others; mono is equal.
    /// </remarks>
    /// <param name="file">The file.</param>
    /// <param name="progress">Receives the completed fraction, 0 to 1.</param>
    /// <param name="cancellationToken">Checked between windows.</param>
    /// <returns>[B, C, T] float on the CPU, with T the original length, owned by the caller.</returns>
    /// <exception cref="AudioFormatException">The file was written with another model, or its metadata is inconsistent.</exception>
    public Tensor Decompress(DacFile file, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        CheckFits(file);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var audio = Decode(file, progress, cancellationToken).squeeze(1);
        var gains = new float[file.Items];
        for (var first = 0; first < gains.Length; first += file.Channels)
        {
            var loudness = DacLoudness.Measure(audio.narrow(0, first, file.Channels), model.SampleRate);
            gains.AsSpan(first, file.Channels).Fill(MathF.Exp((float)((file.InputLoudness[first / file.Channels] - loudness) * DecibelsToNepers)));
        }

        audio = AudioConversion.Resample(audio.mul_(tensor(gains).unsqueeze(1)), model.SampleRate, file.SampleRate);
        return DacModel.ToLength(audio, file.OriginalLength).reshape(-1, file.Channels, file.OriginalLength).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Decodes a file on a thread of the pool. Do not use the model meanwhile.</summary>
    /// <inheritdoc cref="Decompress"/>
    public Task<Tensor> DecompressAsync(DacFile file, IProgress<double>? progress = null, CancellationToken cancellationToken = default) => Task.Run(() => Decompress(file, progress, cancellationToken), cancellationToken);

    private Tensor AtModelRate(Tensor audio, int sampleRate)
    {
        var converted = AudioConversion.Resample(audio, sampleRate, model.SampleRate);
        return converted.size(1) > 0 ? converted : AudioConversion.Resample(audio, sampleRate, model.SampleRate, full: true);
    }

    /// <summary>Applies the target loudness, then scales all channels if one exceeds ±1. Upstream scales each such channel on its own.</summary>
    private static Tensor Leveled(Tensor audio, float loudness, double? target)
    {
        using Scalar gain = target is { } lufs ? MathF.Exp((float)((lufs - loudness) * DecibelsToNepers)) : 1f;
        var leveled = audio.mul(gain);
        var peak = leveled.abs().max();
        return leveled / peak.clamp_min(Scalars.One);
    }

    private (Tensor Codes, int Chunk, bool Padded) Encode(Tensor audio, DacCompressOptions options, int codebooks, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var length = audio.size(-1);
        if (options.WindowSeconds is not { } seconds || (double)length / model.SampleRate <= seconds)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var whole = model.EncodeWindow(model.Complete(audio).to(Device), padded: true, codebooks).cpu();
            progress?.Report(1);
            return (whole, (int)whole.size(-1), true);
        }

        var window = (long)Math.Ceiling((long)(seconds * model.SampleRate) / (double)model.HopLength) * model.HopLength;
        var hop = model.LengthWithoutPadding(window);
        if (hop < 1 || model.SamplesWithoutPadding(model.FramesWithoutPadding(window)) != hop)
        {
            throw new ArgumentException(
                $"A window of {seconds} s is too short for this model, whose receptive field is {2 * model.Delay} samples: more than {2.0 * model.Delay / model.SampleRate:0.###} s is needed.",
                nameof(options));
        }

        var codes = new List<Tensor>();
        for (var start = 0L; start < length; start += hop)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var part = Window(audio, start - model.Delay, window);
            using var onDevice = part.to(Device);
            using var coded = model.EncodeWindow(onDevice, padded: false, codebooks);
            codes.Add(coded.cpu());
            progress?.Report(Math.Min(1, (double)(start + hop) / length));
        }

        return (cat(codes, -1), (int)codes[0].size(-1), false);
    }

    /// <summary>The samples from <paramref name="start"/> on, which can be negative; samples outside the audio are zero.</summary>
    private static Tensor Window(Tensor audio, long start, long length)
    {
        using var scope = NewDisposeScope();
        var first = Math.Clamp(start, 0, audio.size(-1));
        var last = Math.Clamp(start + length, first, audio.size(-1));
        return functional.pad(audio.narrow(-1, first, last - first), (first - start, length - (last - start))).MoveToOuterDisposeScope();
    }

    private Tensor Decode(DacFile file, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var codes = file.GetCodes();
        var parts = new List<Tensor>();
        for (var start = 0L; start < file.Frames; start += file.ChunkLength)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var count = Math.Min(file.ChunkLength, file.Frames - start);
            var part = codes.narrow(-1, start, count).to(Device);
            parts.Add(model.DecodeWindow(part, file.Padded).cpu().MoveToOuterDisposeScope());
            progress?.Report((double)(start + count) / file.Frames);
        }

        return cat(parts, -1).MoveToOuterDisposeScope();
    }

    private Device Device => model.Device;

    private void CheckFits(DacFile file)
    {
        if (file.Codebooks > model.TotalCodebooks || file.LargestCode >= model.Cardinality)
        {
            throw new AudioFormatException(
                $"The file was written with another model: it has {file.Codebooks} codebooks and codes up to {file.LargestCode}; this one has {model.TotalCodebooks} of {model.Cardinality} entries.");
        }

        if (Math.Max(file.SampleRate, model.SampleRate) > (long)Resampler.MaxRatio * Math.Min(file.SampleRate, model.SampleRate))
        {
            throw new AudioFormatException($"The file's sample rate is {file.SampleRate} Hz, which differs from the model's {model.SampleRate} Hz by more than a factor of {Resampler.MaxRatio}.");
        }

        var (whole, rest) = Math.DivRem(file.Frames, file.ChunkLength);
        var samples = 0.0;
        foreach (var (count, frames) in new[] { (whole, file.ChunkLength), (1, rest) })
        {
            if (count > 0 && frames > 0)
            {
                var decoded = file.Padded ? (long)frames * model.HopLength : model.SamplesWithoutPadding(frames);
                if (decoded < 1)
                {
                    throw new AudioFormatException($"The file has a chunk of {frames} frames coded without padding, which is too short for this model.");
                }

                samples += (double)count * decoded;
            }
        }

        // Rounded sample rates and odd strides can make the original slightly longer than the decoded audio.
        var most = (samples + model.HopLength) * file.SampleRate / model.SampleRate + 2;
        if (file.OriginalLength > most)
        {
            throw new AudioFormatException($"The file states {file.OriginalLength} samples, but its codes decode to at most {(long)most}.");
        }
    }
}

/// <summary>Options of <see cref="DacCompressor"/>. The defaults are upstream's.</summary>
public sealed record DacCompressOptions
{
    /// <summary>The window in seconds, above 0; null to encode the complete audio at once. Audio that is not longer than a window is encoded at once, with padding.</summary>
    public double? WindowSeconds { get; init; } = 1.0;

    /// <summary>The target loudness before encoding in LUFS, −70 to 0; the models were trained at about −16. Null for no change.</summary>
    public double? Loudness { get; init; } = -16;

    /// <summary>The number of codebooks; null for the number of the model.</summary>
    public int? Codebooks { get; init; }
}
