using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>Decodes the frames of items that are generated together into chunks of audio, as the frames become known.</summary>
internal sealed class ChunkDecoder : IDisposable
{
    private readonly CompressionModel codec;
    private readonly StreamingDecoder decoder;
    private readonly int framesPerChunk;
    private readonly int firstItem;
    private readonly List<long[,]> pending = [];
    private long samples;

    /// <param name="codec">The model's codec.</param>
    /// <param name="framesPerChunk">Frames to decode at once, after the first chunk.</param>
    /// <param name="firstItem">The index of the first of the items in the call.</param>
    /// <exception cref="NotSupportedException">The codec cannot decode in chunks.</exception>
    public ChunkDecoder(CompressionModel codec, int framesPerChunk, int firstItem)
    {
        (this.codec, this.framesPerChunk, this.firstItem) = (codec, framesPerChunk, firstItem);
        decoder = codec.CreateStreamingDecoder();
    }

    /// <summary>Adds the next frame, codes [items, K].</summary>
    /// <returns>One chunk for each item, or none yet. The caller owns them.</returns>
    public IReadOnlyList<AudioChunk> Add(long[,] codes)
    {
        pending.Add(codes);

        // Until the first chunk every frame is tried at once: the delay of the first audio is what a listener notices.
        // Where the channels alternate in time, frames are decoded in pairs.
        var isWhole = codec is not InterleaveStereoCompressionModel { PerTimestep: true } || pending.Count % 2 == 0;
        return isWhole && (samples == 0 || pending.Count >= framesPerChunk) ? Decode() : [];
    }

    /// <summary>Decodes what is left.</summary>
    /// <returns>The last chunks of each item. The caller owns them.</returns>
    public IReadOnlyList<AudioChunk> End() => [.. Decode(), .. Chunks(decoder.Flush())];

    /// <inheritdoc/>
    public void Dispose() => decoder.Dispose();

    private List<AudioChunk> Decode()
    {
        if (pending.Count == 0)
        {
            return [];
        }

        using var codes = CodeFrames.ToTensor(pending, codec.Device);
        pending.Clear();
        return Chunks(decoder.Push(codes));
    }

    private List<AudioChunk> Chunks(Tensor? audio)
    {
        if (audio is null)
        {
            return [];
        }

        using var scope = NewDisposeScope();
        using var all = audio;
        var start = samples;
        samples += audio.size(2);
        return [.. Enumerable.Range(0, (int)audio.size(0)).Select(item => new AudioChunk(audio[item].clone().DetachFromDisposeScope(), start, firstItem + item))];
    }
}
