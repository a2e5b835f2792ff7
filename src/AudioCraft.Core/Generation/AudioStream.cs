using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>The audio of a request in chunks, generated on demand.</summary>
internal sealed class AudioStream : IDisposable
{
    private readonly CompressionModel codec;
    private readonly CodeGenerator codes;
    private readonly IEnumerator<GeneratedFrame> frames;
    private readonly int framesPerChunk;
    private ChunkDecoder? decoder;

    /// <param name="model">The model.</param>
    /// <param name="request">What to generate.</param>
    /// <param name="framesPerChunk">Frames to decode at once, after an item's first chunk.</param>
    /// <param name="beforeStep">Called before each decoding step; an exception from it ends the stream.</param>
    public AudioStream(BaseGenModel model, GenerationRequest request, int framesPerChunk, Action beforeStep)
    {
        (codec, this.framesPerChunk) = (model.CompressionModel, framesPerChunk);
        codes = new CodeGenerator(model, request);
        frames = codes.Frames(beforeStep).GetEnumerator();
    }

    /// <summary>Decoding steps of the whole request.</summary>
    public int TotalSteps => codes.TotalSteps;

    /// <summary>Generates until there is audio. The caller owns the chunks; null at the end.</summary>
    /// <exception cref="NotSupportedException">The codec cannot decode in chunks.</exception>
    public IReadOnlyList<AudioChunk>? Next()
    {
        using var guard = no_grad();
        while (frames.MoveNext())
        {
            decoder ??= new ChunkDecoder(codec, framesPerChunk, frames.Current.FirstItem);
            IReadOnlyList<AudioChunk> chunks;
            if (frames.Current.Codes is { } frame)
            {
                chunks = decoder.Add(frame);
            }
            else
            {
                chunks = decoder.End();
                decoder.Dispose();
                decoder = null;
            }

            if (chunks.Count > 0)
            {
                return chunks;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        decoder?.Dispose();
        frames.Dispose();
        codes.Dispose();
    }
}
