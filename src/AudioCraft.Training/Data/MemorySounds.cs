using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Mono sounds in memory, stored as 16-bit samples. Add all sounds before reading.</summary>
/// <param name="sampleRate">In hertz, 1 to 1,000,000.</param>
public sealed class MemorySounds(int sampleRate) : ISoundSource
{
    private const float Scale = short.MaxValue;
    private readonly List<(short[] Samples, SoundInfo Info)> sounds = [];

    /// <inheritdoc/>
    public int Count => sounds.Count;

    /// <summary>Adds a sound.</summary>
    /// <param name="samples">At least one sample; all are finite. Values beyond ±1 are clipped.</param>
    /// <param name="description">Description, or null.</param>
    /// <param name="name">Name for messages, or null.</param>
    /// <exception cref="ArgumentException">There are no samples, or one is not finite.</exception>
    public void Add(ReadOnlySpan<float> samples, string? description = null, string? name = null)
    {
        if (samples.IsEmpty)
        {
            throw new ArgumentException("The audio has no samples.", nameof(samples));
        }

        var stored = new short[samples.Length];
        for (var i = 0; i < samples.Length; i++)
        {
            if (!float.IsFinite(samples[i]))
            {
                throw new ArgumentException($"Sample {i} is {samples[i]}.", nameof(samples));
            }

            stored[i] = (short)Math.Round(Math.Clamp(samples[i], -1f, 1f) * Scale);
        }

        sounds.Add((stored, new(name ?? $"sound {sounds.Count}", (double)samples.Length / sampleRate, sampleRate, 1, description is null ? [] : [description])));
    }

    /// <inheritdoc/>
    public SoundInfo Info(int index) => sounds[index].Info;

    /// <inheritdoc/>
    public Tensor Read(int index, double start, double seconds)
    {
        var all = sounds[index].Samples;
        var first = (int)Math.Clamp(Math.Round(start * sampleRate), 0, all.Length);
        var part = all.AsSpan(first, (int)Math.Clamp(Math.Round(seconds * sampleRate), 0, all.Length - first));
        var samples = new float[part.Length];
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = part[i] / Scale;
        }

        return tensor(samples, [1, samples.Length]);
    }
}
