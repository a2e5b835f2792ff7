using System.Text.Json;
using AudioCraft.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// Sounds that a codec has turned into codes once, so that training a language model on them need not (upstream's <c>cache</c>, audiocraft/utils/cache.py).
/// Kept in memory as 16-bit numbers, and in one <c>.safetensors</c> file.
/// </summary>
public sealed class CodeDataset
{
    private const string CodesName = "codes", FramesName = "frames", TextsName = "descriptions";

    /// <param name="items">At least one, all of the same number of codebooks.</param>
    /// <exception cref="ArgumentException">There is no item, or their numbers of codebooks differ.</exception>
    public CodeDataset(IEnumerable<CodeItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        Items = [.. items];
        if (Items.Count == 0 || Items.Any(item => item.NumCodebooks != Items[0].NumCodebooks))
        {
            throw new ArgumentException(Items.Count == 0 ? "There is no sound to learn from." : "The sounds have different numbers of codebooks.", nameof(items));
        }
    }

    /// <summary>The sounds.</summary>
    public IReadOnlyList<CodeItem> Items { get; }

    /// <summary>Codebooks, K.</summary>
    public int NumCodebooks => Items[0].NumCodebooks;

    /// <summary>Encodes sounds, those of one length together.</summary>
    /// <param name="codec">Of at most 32768 entries a codebook, without loudness normalisation. It stays the caller's.</param>
    /// <param name="sounds">Mono samples at the codec's rate, and their descriptions.</param>
    /// <param name="batchSize">Sounds that are encoded together, at least 1.</param>
    /// <param name="progress">Told how many are done.</param>
    /// <param name="ct">Heeded between batches.</param>
    /// <exception cref="ArgumentException">The codec cannot be used, or there is no sound.</exception>
    public static CodeDataset Encode(
        CompressionModel codec, IEnumerable<(float[] Samples, IReadOnlyList<string> Descriptions)> sounds, int batchSize = 8,
        IProgress<int>? progress = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(codec);
        ArgumentNullException.ThrowIfNull(sounds);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        if (codec.Channels != 1 || codec.Cardinality > short.MaxValue + 1)
        {
            throw new ArgumentException($"A codec for mono with at most {short.MaxValue + 1} entries is expected, not one of {codec.Channels} channels and {codec.Cardinality}.", nameof(codec));
        }

        using var guard = no_grad();
        var items = new List<CodeItem>();
        foreach (var batch in sounds.Chunk(batchSize))
        {
            ct.ThrowIfCancellationRequested();
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
                throw new ArgumentException("The codec normalises loudness: its scale is no part of the codes.", nameof(codec));
            }

            var frames = (int)codes.size(2);
            var flat = codes.cpu().to(ScalarType.Int16).contiguous().data<short>().ToArray();
            var each = flat.Length / sounds.Count;
            return [.. sounds.Select((sound, i) => new CodeItem(flat[(i * each)..((i + 1) * each)], frames, sound.Descriptions))];
        }
    }

    /// <summary>Writes the sounds' codes and descriptions.</summary>
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

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="CheckpointException">The file is not there, is damaged, or of another kind.</exception>
    public static CodeDataset Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue("codebooks", out var text) || !int.TryParse(text, out var codebooks) || codebooks is < 1 or > 256)
        {
            throw new CheckpointException($"{path} holds no codes for training: it lacks the metadata 'codebooks'.");
        }

        var codes = Read<short>(file, CodesName, ScalarType.Int16);
        var frames = Read<long>(file, FramesName, ScalarType.Int64);
        var texts = ReadTexts(path, Read<byte>(file, TextsName, ScalarType.Byte));
        if (texts.Length != frames.Length || frames.Length == 0 || frames.Any(n => n < 1 || n > codes.Length) || frames.Sum() * codebooks != codes.Length || codes.Any(code => code < 0))
        {
            throw new CheckpointException($"{path}: {codes.Length} codes of {codebooks} codebooks, {frames.Length} lengths and {texts.Length} lists of descriptions do not fit each other.");
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
                : throw new CheckpointException($"{path}: the descriptions are not lists of texts.");
        }
        catch (JsonException error)
        {
            throw new CheckpointException($"{path}: the descriptions cannot be read: {error.Message}", error);
        }
    }
}
