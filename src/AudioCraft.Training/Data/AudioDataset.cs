using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// Random segments of one length, sample rate and number of channels (audiocraft/data/audio_dataset.py). A batch depends only on the seed and its number,
/// not on the order or the thread in which batches are requested.
/// </summary>
public sealed partial class AudioDataset
{
    private const int ItemPurpose = 11, MixPurpose = 12;
    private readonly ISoundSource source;
    private readonly ILogger logger;
    private readonly List<int> usable = [];
    private readonly double[] cumulated;

    /// <param name="source">The sounds. The caller keeps ownership.</param>
    /// <param name="options">Sample rate, length, batch size and sampling.</param>
    /// <param name="logger">Logs sounds that cannot be read; null for no logging.</param>
    /// <exception cref="ArgumentException">An option is out of range, or no sound meets the limits.</exception>
    public AudioDataset(ISoundSource source, AudioDatasetOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        this.source = source;
        this.logger = logger ?? NullLogger.Instance;
        Options = options;
        var sum = 0.0;
        var sums = new List<double>();
        for (var i = 0; i < source.Count; i++)
        {
            var info = source.Info(i);
            var weight = (options.SampleByLength ? info.Seconds : 1) * (options.SampleByWeight ? info.Weight : 1);
            if (info.Seconds >= options.MinimumSeconds && info.Seconds <= options.MaximumSeconds && weight > 0)
            {
                usable.Add(i);
                sums.Add(sum += weight);
            }
        }

        if (usable.Count == 0)
        {
            throw new ArgumentException(
                $"None of the {source.Count} sounds has {options.MinimumSeconds} to {options.MaximumSeconds} seconds and a weight above 0.", nameof(source));
        }

        cumulated = [.. sums];
    }

    /// <summary>The options.</summary>
    public AudioDatasetOptions Options { get; }

    /// <summary>Number of sounds that meet the limits.</summary>
    public int Count => usable.Count;

    /// <summary>Creates a batch.</summary>
    /// <param name="number">0 or more.</param>
    /// <returns>A batch that the caller disposes.</returns>
    /// <exception cref="AudioCraftException">More consecutive sounds cannot be read than the options allow.</exception>
    public AudioBatch Batch(long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var count = Options.BatchSize;
        var wav = zeros(count, Options.Channels, Options.SegmentLength);
        var (lengths, descriptions, sources) = (new int[count], new string?[count], new int[count]);
        for (var item = 0; item < count; item++)
        {
            using var itemScope = NewDisposeScope();
            var random = TrainingSeed.NewRandom(Options.Seed, (number * count) + item, ItemPurpose);
            var (segment, index) = SampleSegment(random);
            lengths[item] = (int)segment.size(1);
            wav[item].narrow(1, 0, segment.size(1)).copy_(segment);
            var known = source.Info(index).Descriptions;
            descriptions[item] = known.Count == 0 ? null : known[(int)random.Below(known.Count)];
            sources[item] = index;
        }

        var batch = new AudioBatch(wav, lengths, descriptions, sources);
        batch = Options.Mixing?.Apply(batch, TrainingSeed.NewRandom(Options.Seed, number, MixPurpose)) ?? batch;

        // The batch may be used on another thread, so no dispose scope of this thread may own it.
        batch.Wav.DetachFromDisposeScope();
        return batch;
    }

    // [C, T], T at most a segment's length.
    private (Tensor Segment, int Index) SampleSegment(SeededRandom random)
    {
        var silent = 0;
        for (var failed = 0; ;)
        {
            var index = usable[Find(random.Uniform() * cumulated[^1])];
            var info = source.Info(index);
            var latest = Math.Max(0, info.Seconds - (Options.SegmentSeconds * Options.MinimumSegmentRatio));
            var start = random.Uniform() * latest;
            Tensor segment;
            try
            {
                segment = Read(index, start, info);
            }
            catch (AudioCraftException error) when (failed < Options.ReadRetries)
            {
                failed++;
                LogUnreadable(logger, info.Name, error);
                continue;
            }

            if (silent++ >= Options.SilenceRetries || !IsSilent(segment))
            {
                return (segment, index);
            }

            segment.Dispose();
        }
    }

    private Tensor Read(int index, double start, SoundInfo info)
    {
        using var scope = NewDisposeScope();
        var part = source.Read(index, start, Options.SegmentSeconds);
        if (part.size(1) == 0)
        {
            throw new AudioCraftException($"'{info.Name}' has no samples after {start} s, but its header declares {info.Seconds} s.");
        }

        var segment = info.SampleRate == Options.SampleRate && info.Channels == Options.Channels
            ? part
            : AudioConversion.Convert(part, info.SampleRate, Options.SampleRate, Options.Channels);
        return segment.narrow(1, 0, Math.Min(segment.size(1), Options.SegmentLength)).clone().MoveToOuterDisposeScope();
    }

    private bool IsSilent(Tensor segment)
    {
        using var scope = NewDisposeScope();

        // No operator with a number: this runs on a prefetching thread, and a garbage collection can free TorchSharp's Scalar during the native call.
        var level = (segment * segment).mean().data<float>()[0];
        return 10 * Math.Log10(level + 1e-20) < Options.SilenceLevel;
    }

    private int Find(double value)
    {
        var found = Array.BinarySearch(cumulated, value);
        return Math.Min(found < 0 ? ~found : found + 1, cumulated.Length - 1);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "'{Name}' cannot be read; another sound is used instead.")]
    private static partial void LogUnreadable(ILogger logger, string name, Exception error);
}
