using AudioCraft.Audio;
using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft;

/// <summary>
/// Sound of any length, rate and number of channels to <c>.dac</c> files and back, as descript-audio-codec does it (dac/model/base.py): at the model's rate, at a set
/// loudness, every channel alone, window by window. The windows are coded without padding and overlap by what the convolutions look at, so there are no seams,
/// and the memory needed beyond the sound itself does not grow with it.
/// </summary>
/// <param name="model">A model in evaluation mode; it stays the caller's.</param>
public sealed class DacCodec(DacModel model)
{
    private const double DecibelsToNepers = 0.11512925464970228;

    private readonly DacModel model = model ?? throw new ArgumentNullException(nameof(model));

    /// <summary>Sound to a file.</summary>
    /// <param name="wav">[T], [C, T] or [1, C, T], float, finite, T at least 1, on any device. It is not changed.</param>
    /// <param name="sampleRate">Its rate in hertz, 1 to 1000000.</param>
    /// <param name="options">How; upstream's way when null.</param>
    /// <param name="progress">Is told the part that is done, 0 to 1.</param>
    /// <param name="ct">Ends it between windows.</param>
    /// <exception cref="ArgumentException">A value is not that, or a window is too short for the model: the message says how long it must be.</exception>
    public DacFile Compress(Tensor wav, int sampleRate, DacCompressOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        options ??= new DacCompressOptions();
        Waveform.RequireSampleRate(sampleRate, nameof(sampleRate));
        var codebooks = options.Codebooks ?? model.NumCodebooks;
        if (codebooks < 1 || codebooks > model.TotalCodebooks)
        {
            throw new ArgumentOutOfRangeException(nameof(options), codebooks, $"Codebooks must be 1 to {model.TotalCodebooks}.");
        }

        if (options.WindowSeconds is { } seconds && !(seconds > 0 && seconds <= 86400) || options.Loudness is { } lufs && !(lufs >= -70 && lufs <= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options, "WindowSeconds must be above 0, at most 86400, and Loudness −70 to 0.");
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var original = Waveform.ToChannelsTime(wav, nameof(wav));
        if (original.size(1) == 0)
        {
            throw new ArgumentException("The sound has no samples; at least one was expected.", nameof(wav));
        }

        var sound = AtModelRate(original, sampleRate);
        var loudness = (float)DacLoudness.Measure(sound, model.SampleRate);
        sound = Levelled(sound, loudness, options.Loudness);
        var (codes, chunk, padded) = Encode(sound.unsqueeze(1), options, codebooks, progress, ct);
        return new DacFile(codes, (int)original.size(0), sampleRate, original.size(1), chunk, padded, [loudness]);
    }

    /// <summary>The same on another thread.</summary>
    /// <inheritdoc cref="Compress"/>
    public Task<DacFile> CompressAsync(Tensor wav, int sampleRate, DacCompressOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default) =>
        Task.Run(() => Compress(wav, sampleRate, options, progress, ct), ct);

    /// <summary>A file to sound, at its original rate, length and loudness.</summary>
    /// <remarks>Upstream brings every channel alone to the loudness that the channels had together, and so does this: a difference in level between channels is lost.</remarks>
    /// <param name="file">What to turn back.</param>
    /// <param name="progress">Is told the part that is done, 0 to 1.</param>
    /// <param name="ct">Ends it between windows.</param>
    /// <returns>Float [B, C, T] on the CPU, T the original length, which the caller owns.</returns>
    /// <exception cref="AudioFormatException">The file is not one of this model, or its numbers do not fit each other.</exception>
    public Tensor Decompress(DacFile file, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        CheckFits(file);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var sound = Decode(file, progress, ct).squeeze(1);
        var gains = new float[file.Items];
        for (var i = 0; i < gains.Length; i++)
        {
            var loudness = DacLoudness.Measure(sound.narrow(0, i, 1), model.SampleRate);
            gains[i] = MathF.Exp((float)((file.InputLoudness[i / file.Channels] - loudness) * DecibelsToNepers));
        }

        sound = AudioConversion.Resample(sound.mul_(tensor(gains).unsqueeze(1)), model.SampleRate, file.SampleRate);
        return DacModel.ToLength(sound, file.OriginalLength).reshape(-1, file.Channels, file.OriginalLength).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The same on another thread.</summary>
    /// <inheritdoc cref="Decompress"/>
    public Task<Tensor> DecompressAsync(DacFile file, IProgress<double>? progress = null, CancellationToken ct = default) => Task.Run(() => Decompress(file, progress, ct), ct);

    private Tensor AtModelRate(Tensor sound, int sampleRate)
    {
        var converted = AudioConversion.Resample(sound, sampleRate, model.SampleRate);
        return converted.size(1) > 0 ? converted : AudioConversion.Resample(sound, sampleRate, model.SampleRate, full: true);
    }

    /// <summary>At the loudness asked for, each channel within ±1.</summary>
    private static Tensor Levelled(Tensor sound, float loudness, double? wanted)
    {
        var gain = wanted is { } lufs ? MathF.Exp((float)((lufs - loudness) * DecibelsToNepers)) : 1f;
        var levelled = sound * gain;
        var peaks = levelled.abs().amax([1], keepdim: true);
        return levelled / peaks.clamp_min(1f);
    }

    private (Tensor Codes, int Chunk, bool Padded) Encode(Tensor sound, DacCompressOptions options, int codebooks, IProgress<double>? progress, CancellationToken ct)
    {
        var length = sound.size(-1);
        if (options.WindowSeconds is not { } seconds || (double)length / model.SampleRate <= seconds)
        {
            ct.ThrowIfCancellationRequested();
            var whole = model.EncodeWindow(model.Complete(sound).to(Device), padded: true, codebooks).cpu();
            progress?.Report(1);
            return (whole, (int)whole.size(-1), true);
        }

        var window = (long)Math.Ceiling((long)(seconds * model.SampleRate) / (double)model.HopLength) * model.HopLength;
        var hop = model.LengthWithoutPadding(window);
        if (hop < 1 || model.SamplesWithoutPadding(model.FramesWithoutPadding(window)) != hop)
        {
            throw new ArgumentException(
                $"A window of {seconds} s is too short for this model, which looks at {2 * model.Delay} samples around: more than {2.0 * model.Delay / model.SampleRate:0.###} s is needed.",
                nameof(options));
        }

        var codes = new List<Tensor>();
        for (var start = 0L; start < length; start += hop)
        {
            ct.ThrowIfCancellationRequested();
            using var part = Window(sound, start - model.Delay, window);
            using var onDevice = part.to(Device);
            using var coded = model.EncodeWindow(onDevice, padded: false, codebooks);
            codes.Add(coded.cpu());
            progress?.Report(Math.Min(1, (double)(start + hop) / length));
        }

        return (cat(codes, -1), (int)codes[0].size(-1), false);
    }

    /// <summary>The samples from <paramref name="start"/> on, which may be before the sound; what is outside it is zero.</summary>
    private static Tensor Window(Tensor sound, long start, long length)
    {
        using var scope = NewDisposeScope();
        var first = Math.Clamp(start, 0, sound.size(-1));
        var last = Math.Clamp(start + length, first, sound.size(-1));
        return functional.pad(sound.narrow(-1, first, last - first), (first - start, length - (last - start))).MoveToOuterDisposeScope();
    }

    private Tensor Decode(DacFile file, IProgress<double>? progress, CancellationToken ct)
    {
        using var scope = NewDisposeScope();
        using var codes = file.GetCodes();
        var parts = new List<Tensor>();
        for (var start = 0L; start < file.Frames; start += file.ChunkLength)
        {
            ct.ThrowIfCancellationRequested();
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
                $"The file was made by another model: it has {file.Codebooks} codebooks and codes up to {file.LargestCode}; this one has {model.TotalCodebooks} of {model.Cardinality} entries.");
        }

        if (Math.Max(file.SampleRate, model.SampleRate) > (long)Resampler.MaxRatio * Math.Min(file.SampleRate, model.SampleRate))
        {
            throw new AudioFormatException($"The file's rate is {file.SampleRate} Hz, more than a factor of {Resampler.MaxRatio} from the model's, {model.SampleRate} Hz.");
        }

        var (whole, rest) = Math.DivRem(file.Frames, file.ChunkLength);
        var samples = 0.0;
        foreach (var (count, frames) in new[] { (whole, file.ChunkLength), (1, rest) })
        {
            if (count > 0 && frames > 0)
            {
                var made = file.Padded ? (long)frames * model.HopLength : model.SamplesWithoutPadding(frames);
                if (made < 1)
                {
                    throw new AudioFormatException($"The file has a chunk of {frames} frames coded without padding, which is too short for this model.");
                }

                samples += (double)count * made;
            }
        }

        // Rounding of rates, and the samples that odd strides lose, may leave it a little longer than what the codes make.
        var most = (samples + model.HopLength) * file.SampleRate / model.SampleRate + 2;
        if (file.OriginalLength > most)
        {
            throw new AudioFormatException($"The file says that it holds {file.OriginalLength} samples, but its codes make at most {(long)most}.");
        }
    }
}
