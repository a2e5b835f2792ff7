using System.Text.Json;
using AudioCraft.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// Training data of a language model: codes and descriptions, encoded once before the training (as upstream's <c>cache</c>, audiocraft/utils/cache.py).
/// Codes are kept in memory as 16-bit integers and stored in one <c>.safetensors</c> file.
/// </summary>
public sealed class CodeDataset
{
    private const string CodesName = "codes", FramesName = "frames", TextsName = "descriptions";

    /// <param name="items">At least one item; all have the same number of codebooks.</param>
    /// <exception cref="ArgumentException">There is no item, or their numbers of codebooks differ.</exception>
    public CodeDataset(IEnumerable<CodeItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        Items = [.. items];
        if (Items.Count == 0 || Items.Any(item => item.NumCodebooks != Items[0].NumCodebooks))
        {
            throw new ArgumentException(Items.Count == 0 ? "The dataset has no items." : "The items have different numbers of codebooks.", nameof(items));
        }
    }

    /// <summary>The items.</summary>
    public IReadOnlyList<CodeItem> Items { get; }

    /// <summary>Number of codebooks, K.</summary>
    public int NumCodebooks => Items[0].NumCodebooks;

    /// <summary>Encodes the beginning of each sound of a source, for example of an <see cref="AudioFolder"/>.</summary>
    /// <param name="codec">A mono codec with at most 32768 entries per codebook, without loudness normalization. The caller keeps ownership.</param>
    /// <param name="source">The sounds; they are converted to the codec's sample rate and to mono.</param>
    /// <param name="seconds">Length of each item: longer sounds are cut, shorter ones are padded with silence.</param>
    /// <param name="batchSize">Sounds per call of the codec, at least 1.</param>
    /// <param name="progress">Reports the number of encoded sounds.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    /// <exception cref="ArgumentException">The codec is not suitable, or the length is out of range.</exception>
    /// <exception cref="AudioCraftException">A sound cannot be read.</exception>
    public static CodeDataset Encode(
        CompressionModel codec, ISoundSource source, double seconds, int batchSize = 8, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(codec);
        ArgumentNullException.ThrowIfNull(source);
        var length = seconds * codec.SampleRate;
        if (!(length is >= 1 and <= int.MaxValue))
        {
            throw new ArgumentOutOfRangeException(nameof(seconds), seconds, $"A length of {seconds} s has no sample at {codec.SampleRate} Hz, or too many.");
        }

        return Encode(codec, Enumerable.Range(0, source.Count).Select(Sound), batchSize, progress, cancellationToken);

        (float[] Samples, IReadOnlyList<string> Descriptions) Sound(int index)
        {
            var info = source.Info(index);
            using var wav = source.Read(index, 0, seconds);
            using var mono = AudioConversion.Convert(wav, info.SampleRate, codec.SampleRate, 1);
            using var contiguous = mono.contiguous();
            var samples = contiguous.data<float>().ToArray();
            Array.Resize(ref samples, (int)length);
            return (samples, info.Descriptions);
        }
    }

    /// <summary>Encodes sounds; those of one batch with the same length are encoded together.</summary>
    /// <param name="codec">A mono codec with at most 32768 entries per codebook, without loudness normalization. The caller keeps ownership.</param>
    /// <param name="sounds">Mono samples at the codec's sample rate, with their descriptions.</param>
    /// <param name="batchSize">Sounds per batch, at least 1.</param>
    /// <param name="progress">Reports the number of encoded sounds.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    /// <exception cref="ArgumentException">The codec is not suitable, or there is no sound.</exception>
    public static CodeDataset Encode(
        CompressionModel codec, IEnumerable<(float[] Samples, IReadOnlyList<string> Descriptions)> sounds, int batchSize = 8,
        IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(codec);
        ArgumentNullException.ThrowIfNull(sounds);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        if (codec.Channels != 1 || codec.Cardinality > short.MaxValue + 1)
        {
            throw new ArgumentException($"A mono codec with at most {short.MaxValue + 1} entries per codebook is expected; this one has {codec.Channels} channels and {codec.Cardinality} entries.", nameof(codec));
        }

        using var guard = no_grad();
        var items = new List<CodeItem>();
        foreach (var batch in sounds.Chunk(batchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var alike in batch.Select((sound, place) => (sound, place)).GroupBy(pair => pair.sound.Samples.Length).SelectMany(Together))
            {
                items.Add(alike);
            }

            progress?.Report(items.Count);
        }

        return new CodeDataset(items);

        IEnumerable<CodeItem> Together(IGrouping<int, ((float[] Samples, IReadOnlyList<string> Descriptions) sound, int place)> group)
        {
            using var scope = NewDisposeScope();
            var sounds = group.Select(pair => pair.sound).ToList();
            var wav = tensor([.. sounds.SelectMany(sound => sound.Samples)], [sounds.Count, 1, group.Key]);
            var (codes, scale) = codec.Encode(wav.to(codec.Device));
            if (scale is not null)
            {
                throw new ArgumentException("The codec normalizes loudness, and codes do not contain its scale.", nameof(codec));
            }

            var frames = (int)codes.size(2);
            var flat = codes.cpu().to(ScalarType.Int16).contiguous().data<short>().ToArray();
            var each = flat.Length / sounds.Count;
            return [.. sounds.Select((sound, i) => new CodeItem(flat[(i * each)..((i + 1) * each)], frames, sound.Descriptions))];
        }
    }

    /// <summary>Writes codes and descriptions to a file.</summary>
    /// <exception cref="AudioCraftException">The file cannot be written.</exception>
    public void Save(string path)
    {
        using var scope = NewDisposeScope();
        var codes = new short[Items.Sum(item => (long)item.Codes.Length)];
        var at = 0;
        foreach (var item in Items)
        {
            item.Codes.Span.CopyTo(codes.AsSpan(at));
            at += item.Codes.Length;
        }

        var texts = JsonSerializer.SerializeToUtf8Bytes(Items.Select(item => item.Descriptions));
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>
        {
            [CodesName] = tensor(codes),
            [FramesName] = tensor(Items.Select(item => (long)item.Frames).ToArray()),
            [TextsName] = tensor(texts),
        }, new Dictionary<string, string> { ["codebooks"] = $"{NumCodebooks}" });
    }

    /// <summary>Reads a file that <see cref="Save"/> has written.</summary>
    /// <exception cref="CheckpointException">The file does not exist, is damaged, or has another format.</exception>
    public static CodeDataset Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue("codebooks", out var text) || !int.TryParse(text, out var codebooks) || codebooks is < 1 or > 256)
        {
            throw new CheckpointException($"{path} is not a dataset of codes: it lacks the metadata 'codebooks'.");
        }

        var codes = Read<short>(file, CodesName, ScalarType.Int16);
        var frames = Read<long>(file, FramesName, ScalarType.Int64);
        var texts = ReadTexts(path, Read<byte>(file, TextsName, ScalarType.Byte));
        if (texts.Length != frames.Length || frames.Length == 0 || frames.Any(n => n < 1 || n > codes.Length) || frames.Sum() * codebooks != codes.Length || codes.Any(code => code < 0))
        {
            throw new CheckpointException($"{path}: {codes.Length} codes of {codebooks} codebooks, {frames.Length} lengths and {texts.Length} lists of descriptions do not match.");
        }

        var (items, at) = (new List<CodeItem>(), 0);
        for (var i = 0; i < frames.Length; i++)
        {
            var count = (int)frames[i] * codebooks;
            items.Add(new CodeItem(codes[at..(at + count)], (int)frames[i], texts[i]));
            at += count;
        }

        return new CodeDataset(items);
    }

    private static T[] Read<T>(SafetensorsFile file, string name, ScalarType type)
        where T : unmanaged
    {
        using var value = file.Read(name);
        return value.dtype == type && value.dim() == 1 ? value.data<T>().ToArray() : throw new CheckpointException($"{file.Source}: '{name}' is {value.dtype} of {value.dim()} dimensions, not {type} of one.");
    }

    private static string[][] ReadTexts(string path, byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize<string[][]>(json) is { } texts && Array.TrueForAll(texts, list => list is not null && Array.TrueForAll(list, text => text is not null))
                ? texts
                : throw new CheckpointException($"{path}: the descriptions are not lists of strings.");
        }
        catch (JsonException error)
        {
            throw new CheckpointException($"{path}: the descriptions cannot be read: {error.Message}", error);
        }
    }
}
