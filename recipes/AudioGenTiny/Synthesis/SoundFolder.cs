using System.Text.Json;
using System.Text.Json.Serialization;
using AudioCraft;
using TorchSharp;

namespace AudioGenTiny.Recipe;

/// <summary>The .json file of a sound, with the keys that upstream's datasets read (data/sound_dataset.py, data/audio_dataset.py) and the request.</summary>
public sealed record SoundMetadata
{
    /// <summary>Description, on which the language model is conditioned.</summary>
    [JsonPropertyName("description")]
    public required string Description { get; init; }

    /// <summary>In seconds.</summary>
    [JsonPropertyName("duration")]
    public required double Duration { get; init; }

    /// <summary>In hertz.</summary>
    [JsonPropertyName("sample_rate")]
    public required int SampleRate { get; init; }

    /// <summary>Kind of sound.</summary>
    [JsonPropertyName("kind")]
    public required SoundKind Kind { get; init; }

    /// <summary>The properties that the description names.</summary>
    [JsonPropertyName("traits")]
    public required SoundTraits Traits { get; init; }
}

/// <summary>Folders of WAV files, each with a .json file of the same name, as in upstream's sound datasets.</summary>
public static class SoundFolder
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    /// <summary>Writes items 0 to <paramref name="count"/> - 1 as 16-bit WAV files without normalization.</summary>
    /// <param name="directory">Created if it does not exist; files of the same name are replaced.</param>
    /// <param name="sounds">The sounds.</param>
    /// <param name="count">0 to 10,000,000.</param>
    /// <param name="progress">Reports the number of sounds written.</param>
    /// <param name="cancellationToken">Checked between sounds.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is out of range.</exception>
    /// <exception cref="AudioCraftException">A WAV file cannot be written.</exception>
    /// <exception cref="IOException">A .json file cannot be written.</exception>
    public static void Write(string directory, SyntheticSounds sounds, int count, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(sounds);
        if (count is < 0 or > 10_000_000)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"The count is {count}, but 0 to 10000000 were expected.");
        }

        var index = 0;
        foreach (var sound in sounds.Items(0, count))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var stem = Path.Combine(directory, $"{index:d6}_{sound.Request.Kind}");
            using (var wav = torch.tensor(sound.Samples))
            {
                // The level encodes the distance, so it is not normalized.
                AudioFile.Write(stem + ".wav", wav, sounds.SampleRate, new AudioWriteOptions { Normalize = false });
            }

            var metadata = new SoundMetadata
            {
                Description = sound.Description,
                Duration = (double)sound.Samples.Length / sounds.SampleRate,
                SampleRate = sounds.SampleRate,
                Kind = sound.Request.Kind,
                Traits = sound.Request.Traits,
            };
            File.WriteAllBytes(stem + ".json", JsonSerializer.SerializeToUtf8Bytes(metadata, _json));
            index++;
            progress?.Report(index);
        }
    }

    /// <summary>Reads a .json file that <see cref="Write"/> has written.</summary>
    /// <param name="path">The .json file.</param>
    /// <exception cref="AudioCraftException">The file cannot be read or has another format.</exception>
    public static SoundMetadata ReadMetadata(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<SoundMetadata>(stream, _json) ?? throw new JsonException("it holds null.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new AudioCraftException($"'{path}' cannot be read as the description of a sound: {error.Message}", error);
        }
    }
}
