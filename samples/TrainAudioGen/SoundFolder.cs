using System.Text.Json;
using AudioCraft;
using TorchSharp;

namespace TrainAudioGen;

/// <summary>A folder of WAV files with descriptions beside them.</summary>
internal static class SoundFolder
{
    /// <summary>Each sound as mono at a rate, cut to a length, or filled up with silence.</summary>
    public static IEnumerable<(float[] Samples, IReadOnlyList<string> Descriptions)> Read(string folder, int sampleRate, double seconds)
    {
        var files = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.wav", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList()
            : throw new ArgumentException($"There is no folder '{folder}'.", nameof(folder));
        if (files.Count == 0)
        {
            throw new ArgumentException($"There is no WAV file in '{folder}'.", nameof(folder));
        }

        foreach (var file in files)
        {
            var (wav, rate) = AudioFile.Read(file);
            using (wav)
            using (var own = AudioConversion.Convert(wav, rate, sampleRate, 1))
            {
                var samples = own.data<float>().ToArray();
                Array.Resize(ref samples, (int)(seconds * sampleRate));
                yield return (samples, Describe(file));
            }
        }
    }

    private static string[] Describe(string file)
    {
        var json = Path.ChangeExtension(file, ".json");
        if (!File.Exists(json))
        {
            throw new ArgumentException($"{file} has no description: {json} is not there.", nameof(file));
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(json));
        return document.RootElement.TryGetProperty("description", out var text) && text.ValueKind == JsonValueKind.String
            ? [text.GetString()!]
            : throw new ArgumentException($"{json} has no \"description\".", nameof(file));
    }
}
