using System.Text.Json;
using System.Text.Json.Serialization;
using AudioCraft.Formats;
using TorchSharp;

namespace AudioCraft.Training;

/// <summary>What is written beside a sound, with the keys that upstream's datasets read (data/sound_dataset.py, data/audio_dataset.py) and what made the sound.</summary>
public sealed record SoundMetadata
{
    /// <summary>The sound in words: what the language model is conditioned on.</summary>
    [JsonPropertyName("description")]
    public required string Description { get; init; }

    /// <summary>In seconds.</summary>
    [JsonPropertyName("duration")]
    public required double Duration { get; init; }

    /// <summary>In hertz.</summary>
    [JsonPropertyName("sample_rate")]
    public required int SampleRate { get; init; }

    /// <summary>What sounds.</summary>
    [JsonPropertyName("kind")]
    public required SoundKind Kind { get; init; }

    /// <summary>The properties that the description names.</summary>
    [JsonPropertyName("traits")]
    public required SoundTraits Traits { get; init; }
}

/// <summary>A folder of WAV files with a .json of the same stem beside each: the form upstream's sound datasets have.</summary>
public static class SoundFolder
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    /// <summary>Writes items 0 to <paramref name="count"/> - 1 as 16-bit WAV at their own level. Each file is there whole or not at all.</summary>
    /// <param name="directory">Made where it lacks; files of the same name are replaced.</param>
    /// <param name="sounds">Which sounds.</param>
    /// <param name="count">How many, 0 to 10,000,000.</param>
    /// <param name="progress">Told how many are written.</param>
    /// <param name="cancellation">Stops between two sounds.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is out of range.</exception>
    /// <exception cref="AudioCraftException">A file cannot be written.</exception>
    public static void Write(string directory, SyntheticSounds sounds, int count, IProgress<int>? progress = null, CancellationToken cancellation = default)
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
            cancellation.ThrowIfCancellationRequested();
            var stem = Path.Combine(directory, $"{index:d6}_{sound.Request.Kind}");
            using (var wav = torch.tensor(sound.Samples))
            {
                // The level says how far away a sound is: it stays.
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
            AtomicFile.Write(stem + ".json", stream => JsonSerializer.Serialize(stream, metadata, _json));
            index++;
            progress?.Report(index);
        }
    }

    /// <summary>Reads what <see cref="Write"/> has written beside a sound.</summary>
    /// <param name="path">The .json file.</param>
    /// <exception cref="AudioCraftException">The file cannot be read, or is none of these.</exception>
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
