using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>What is known of a sound without reading it.</summary>
/// <param name="Name">For messages: a file's path.</param>
/// <param name="Seconds">Its length, above 0.</param>
/// <param name="SampleRate">In hertz.</param>
/// <param name="Channels">Number of channels.</param>
/// <param name="Descriptions">Any number of descriptions, each of the whole sound.</param>
/// <param name="Weight">How often it is drawn, compared with others: 0 or more.</param>
public sealed record SoundInfo(string Name, double Seconds, int SampleRate, int Channels, IReadOnlyList<string> Descriptions, double Weight = 1);

/// <summary>A numbered set of sounds: files of a folder, or sounds in memory. Several threads may use it at once.</summary>
public interface ISoundSource
{
    /// <summary>How many sounds there are, at least 1.</summary>
    int Count { get; }

    /// <summary>What is known of a sound.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    SoundInfo Info(int index);

    /// <summary>Reads a part of a sound.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <param name="start">Where to begin, in seconds, 0 or more.</param>
    /// <param name="seconds">How much to read at most; less is there at the end.</param>
    /// <returns>Float32 [C, T] on the CPU, at the rate of its <see cref="Info"/>. The caller owns it.</returns>
    /// <exception cref="AudioCraftException">It cannot be read.</exception>
    Tensor Read(int index, double start, double seconds);
}
