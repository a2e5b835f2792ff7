using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>The audio of a request in chunks: decodes the frames of each group of items as they become known.</summary>
internal sealed class AudioStream : IDisposable
{
    private readonly CompressionModel codec;
    private readonly CodeGenerator codes;
    private readonly IEnumerator<GeneratedFrame> frames;
    private readonly int framesPerChunk;
    private readonly List<long[,]> pending = [];
    private StreamingDecoder? decoder;
    private long samples;

    /// <param name="model">The model.</param>
    /// <param name="request">What to generate.</param>
    /// <param name="framesPerChunk">Frames to decode at once, after the first chunk.</param>
    /// <param name="beforeStep">Called before each decoding step; an exception from it ends the stream.</param>
    public AudioStream(BaseGenModel model, GenerationRequest request, int framesPerChunk, Action beforeStep)
    {
        (codec, this.framesPerChunk) = (model.CompressionModel, framesPerChunk);
        codes = new CodeGenerator(model, request);
        frames = codes.Frames(beforeStep).GetEnumerator();
    }

    /// <summary>Decoding steps of the whole request.</summary>
    public int TotalSteps => codes.TotalSteps;

    /// <summary>Generates until there is audio: one chunk for each item of the current group. Null at the end.</summary>
    /// <exception cref="InvalidOperationException">The codec cannot decode in chunks.</exception>
    public IReadOnlyList<AudioChunk>? Next()
    {
        using var guard = no_grad();
        while (frames.MoveNext())
        {
            var frame = frames.Current;
            decoder ??= CreateDecoder();
            if (frame.Codes is { } code)
            {
                pending.Add(code);
            }

            var chunks = frame.Codes is null ? End(frame.FirstItem) : IsDue() ? Chunks(Decode(), frame.FirstItem) : [];
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

    // Until the first chunk every frame is tried at once: the delay of the first audio is what a listener notices.
    // Where the channels alternate in time, frames are decoded in pairs.
    private bool IsDue() => (codec is not InterleaveStereoCompressionModel { PerTimestep: true } || pending.Count % 2 == 0)
        && (samples == 0 || pending.Count >= framesPerChunk);

    private StreamingDecoder CreateDecoder()
    {
        try
        {
            return codec.CreateStreamingDecoder();
        }
        catch (NotSupportedException error)
        {
            throw new InvalidOperationException($"The model's codec cannot decode in chunks. {error.Message}", error);
        }
    }

    private Tensor? Decode()
    {
        if (pending.Count == 0)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        var tensor = CodeFrames.ToTensor(pending, codec.parameters().First().device);
        pending.Clear();
        return decoder!.Push(tensor);
    }

    private List<AudioChunk> End(int firstItem)
    {
        List<AudioChunk> chunks = [.. Chunks(Decode(), firstItem), .. Chunks(decoder!.Flush(), firstItem)];
        decoder.Dispose();
        (decoder, samples) = (null, 0);
        return chunks;
    }

    private List<AudioChunk> Chunks(Tensor? audio, int firstItem)
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
