namespace AudioCraft.Hosting;

/// <summary>A codec in memory, which it takes over.</summary>
internal sealed class PretrainedCodec(string name, CompressionModel codec) : LoadedModel
{
    public override SoundModelInfo Info { get; } = Describe(name, codec, codec.Device.ToString());

    public override CompressionModel Codec => codec;

    public override void Dispose() => codec.Dispose();
}
