namespace AudioCraft.Hosting;

/// <summary>A codec alone, in a host.</summary>
public sealed class AudioCraftCodecOptions : SoundModelOptions
{
    /// <summary>The released EnCodec for 24 kHz, with the limits of a small service.</summary>
    public AudioCraftCodecOptions() : base("facebook/encodec_24khz") { }

    /// <summary>Changes the codec once it is loaded, for instance the codebooks that it uses where nothing is said.</summary>
    public Action<CompressionModel>? ConfigureModel { get; set; }
}
