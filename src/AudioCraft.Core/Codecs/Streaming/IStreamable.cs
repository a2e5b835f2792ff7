namespace AudioCraft.Codecs;

/// <summary>A block of a codec that can also work piece by piece.</summary>
internal interface IStreamable
{
    /// <summary>The block at the start of a stream. Its weights stay the block's. Not for blocks with a <see cref="TimeGroupNorm"/>, which looks at the whole sound.</summary>
    IStreamingLayer OpenStream();
}
