namespace AudioCraft.Hosting;

/// <summary>What a model is.</summary>
/// <param name="Name">The name or path that it was loaded by.</param>
/// <param name="Device">Where it computes, such as <c>cpu</c> or <c>cuda:0</c>.</param>
/// <param name="SampleRate">Samples a second of the sound.</param>
/// <param name="Channels">Channels of the sound.</param>
/// <param name="FrameRate">Code frames a second.</param>
/// <param name="Codebooks">Codebooks that it uses where nothing is said.</param>
/// <param name="TotalCodebooks">Codebooks that it has.</param>
/// <param name="Cardinality">Different values of a code.</param>
/// <param name="WindowSeconds">Seconds that the language model sees at once; longer sounds are made by moving on. Null for a codec alone.</param>
/// <param name="Defaults">How it generates where a request says nothing. Null for a codec alone.</param>
public sealed record SoundModelInfo(
    string Name,
    string Device,
    int SampleRate,
    int Channels,
    double FrameRate,
    int Codebooks,
    int TotalCodebooks,
    int Cardinality,
    double? WindowSeconds = null,
    GenerationParams? Defaults = null)
{
    /// <summary>Bits a second of codes.</summary>
    /// <param name="codebooks">Codebooks that are used, 1 to <see cref="TotalCodebooks"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not that many.</exception>
    public double BitsPerSecond(int codebooks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(codebooks, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(codebooks, TotalCodebooks);
        return codebooks * FrameRate * Math.Log2(Cardinality);
    }
}
