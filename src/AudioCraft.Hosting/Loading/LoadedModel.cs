namespace AudioCraft.Hosting;

/// <summary>A model in memory. Only the worker of its host touches it, one request at a time.</summary>
internal abstract class LoadedModel : IDisposable
{
    public abstract SoundModelInfo Info { get; }

    public abstract CompressionModel Codec { get; }

    public abstract void Dispose();

    protected static SoundModelInfo Describe(string name, CompressionModel codec, string device) => new(
        name, device, codec.SampleRate, codec.Channels, codec.FrameRate, codec.NumCodebooks, codec.TotalCodebooks, codec.Cardinality);
}
