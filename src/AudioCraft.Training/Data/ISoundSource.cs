using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Properties of a sound that are known without decoding it.</summary>
/// <param name="Name">Name for messages, for example the path of the file.</param>
/// <param name="Seconds">Length in seconds, above 0.</param>
/// <param name="SampleRate">In hertz.</param>
/// <param name="Channels">Number of channels.</param>
/// <param name="Descriptions">Descriptions of the whole sound; may be empty.</param>
/// <param name="Weight">Relative probability of being sampled, 0 or more.</param>
public sealed record SoundInfo(string Name, double Seconds, int SampleRate, int Channels, IReadOnlyList<string> Descriptions, double Weight = 1);

/// <summary>A list of sounds: files of a folder, or sounds in memory. Thread-safe.</summary>
public interface ISoundSource
{
    /// <summary>Number of sounds, at least 1.</summary>
    int Count { get; }

    /// <summary>Properties of a sound.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    SoundInfo Info(int index);

    /// <summary>Reads a segment of a sound.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <param name="start">Start of the segment in seconds, 0 or more.</param>
    /// <param name="seconds">Maximum length of the segment in seconds; it is shorter at the end of the sound.</param>
    /// <returns>Float32 [C, T] on the CPU, at the sample rate of its <see cref="Info"/>. The caller disposes it.</returns>
    /// <exception cref="AudioCraftException">The sound cannot be read.</exception>
    Tensor Read(int index, double start, double seconds);
}
