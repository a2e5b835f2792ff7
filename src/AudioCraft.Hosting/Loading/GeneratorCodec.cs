namespace AudioCraft.Hosting;

/// <summary>The codec of a generative model that other services use as well. It does not own the model.</summary>
internal sealed class GeneratorCodec(LoadedGenerator generator, string name) : LoadedModel
{
    public override SoundModelInfo Info { get; } = generator.Info with { Name = name, WindowSeconds = null, Defaults = null, KnownKinds = KnownKinds.None };

    public override CompressionModel Codec => generator.Codec;

    /// <summary>Does nothing: the model is released where it was acquired.</summary>
    public override void Dispose() { }
}
