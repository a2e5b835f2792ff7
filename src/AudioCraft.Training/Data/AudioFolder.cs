using System.Text.Json;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// The WAV files of a folder and its subfolders, each with a <c>.json</c> file of the same name in upstream's format (audiocraft/data/sound_dataset.py):
/// <c>description</c> is a string or a list of strings, <c>weight</c> a number; other keys are ignored.
/// </summary>
public sealed class AudioFolder : ISoundSource
{
    private const long MaximumJsonBytes = 1 << 20;
    private readonly List<SoundInfo> files = [];

    /// <summary>Reads the headers and descriptions of all files, in the order of their paths.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="needDescriptions">Whether a file without a description is an error.</param>
    /// <exception cref="AudioCraftException">The folder does not exist or has no WAV file, or a file is damaged; the message names it.</exception>
    public AudioFolder(string directory, bool needDescriptions = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        try
        {
            var paths = Directory.EnumerateFiles(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 64, IgnoreInaccessible = true })
                .Where(p => Path.GetExtension(p).Equals(".wav", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal);
            foreach (var path in paths)
            {
                Add(path, needDescriptions);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new AudioCraftException($"The folder '{directory}' cannot be read: {error.Message}", error);
        }

        if (files.Count == 0)
        {
            throw new AudioCraftException($"'{directory}' contains no WAV file with a length above 0.");
        }
    }

    /// <inheritdoc/>
    public int Count => files.Count;

    /// <inheritdoc/>
    public SoundInfo Info(int index) => files[index];

    /// <inheritdoc/>
    public Tensor Read(int index, double start, double seconds) => AudioFile.Read(files[index].Name, start, seconds).Wav;

    private void Add(string path, bool needDescription)
    {
        var info = AudioFile.Info(path);
        if (info.Duration is not > 0)
        {
            return;
        }

        var beside = Path.ChangeExtension(path, ".json");
        var (descriptions, weight) = File.Exists(beside) ? ReadJson(beside) : ([], 1);
        if (needDescription && descriptions.Count == 0)
        {
            throw new AudioCraftException($"'{path}' has no description: {beside} with {{\"description\": \"…\"}} was expected.");
        }

        files.Add(new(path, info.Duration.Value, info.SampleRate, info.Channels, descriptions, weight));
    }

    private static (IReadOnlyList<string> Descriptions, double Weight) ReadJson(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaximumJsonBytes)
            {
                throw new AudioCraftException($"'{path}' has more than {MaximumJsonBytes} bytes: too large for the description of a sound.");
            }

            using var json = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 32, AllowTrailingCommas = true });
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new AudioCraftException($"'{path}' is not the description of a sound: its root is a {root.ValueKind}, not an object.");
            }

            var weight = root.TryGetProperty("weight", out var w) && w.ValueKind == JsonValueKind.Number ? w.GetDouble() : 1;
            return weight >= 0 && double.IsFinite(weight)
                ? (root.TryGetProperty("description", out var d) ? Texts(d, path) : [], weight)
                : throw new AudioCraftException($"'{path}' has a weight of {weight}; 0 or more was expected.");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            throw new AudioCraftException($"'{path}' cannot be read as the description of a sound: {error.Message}", error);
        }
    }

    // Trimmed and in lower case, as upstream.
    private static List<string> Texts(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.String when string.IsNullOrWhiteSpace(value.GetString()) => [],
        JsonValueKind.String => [value.GetString()!.Trim().ToLowerInvariant()],
        JsonValueKind.Null => [],
        JsonValueKind.Array when value.EnumerateArray().All(e => e.ValueKind is JsonValueKind.String or JsonValueKind.Null) => [.. value.EnumerateArray().SelectMany(e => Texts(e, path))],
        _ => throw new AudioCraftException($"'{path}': \"description\" is neither a string nor a list of strings."),
    };
}
