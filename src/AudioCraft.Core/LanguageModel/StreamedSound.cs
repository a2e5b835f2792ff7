using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>Decodes the frames of items that are made together as they become known, and hands on the sound of each in chunks.</summary>
internal sealed class StreamedSound : IDisposable
{
    private readonly CompressionModel codec;
    private readonly StreamingDecoder decoder;
    private readonly int framesPerChunk;
    private readonly int firstItem;
    private readonly Action<AudioChunk> receive;
    private readonly List<long[,]> pending = [];
    private long samples;

    /// <param name="codec">The model's codec.</param>
    /// <param name="framesPerChunk">Frames to decode at once, after the first chunk.</param>
    /// <param name="firstItem">Which item of the call the first of these is.</param>
    /// <param name="receive">Gets each chunk, and owns it.</param>
    /// <exception cref="InvalidOperationException">The codec cannot decode piece by piece.</exception>
    public StreamedSound(CompressionModel codec, int framesPerChunk, int firstItem, Action<AudioChunk> receive)
    {
        (this.codec, this.framesPerChunk, this.firstItem, this.receive) = (codec, framesPerChunk, firstItem, receive);
        try
        {
            decoder = codec.CreateStreamingDecoder();
        }
        catch (NotSupportedException error)
        {
            throw new InvalidOperationException($"The model's codec cannot decode piece by piece. {error.Message}", error);
        }
    }

    /// <summary>Takes the next frame, codes [items, codebooks].</summary>
    public void Add(long[,] codes)
    {
        pending.Add(codes);

        // Until the first sound is out every frame is tried at once: how soon it comes is what a listener notices.
        // Where the channels take turns in time, they go in pairs.
        var isWhole = codec is not InterleaveStereoCompressionModel { PerTimestep: true } || pending.Count % 2 == 0;
        if (isWhole && (samples == 0 || pending.Count >= framesPerChunk))
        {
            Decode();
        }
    }

    /// <summary>Decodes what is left.</summary>
    public void End()
    {
        Decode();
        Send(decoder.Flush());
    }

    /// <inheritdoc/>
    public void Dispose() => decoder.Dispose();

    private void Decode()
    {
        if (pending.Count == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        var (items, codebooks, frames) = (pending[0].GetLength(0), pending[0].GetLength(1), pending.Count);
        var flat = new long[items * codebooks * frames];
        for (var row = 0; row < items * codebooks; row++)
        {
            for (var t = 0; t < frames; t++)
            {
                flat[(row * frames) + t] = pending[t][row / codebooks, row % codebooks];
            }
        }

        pending.Clear();
        var device = codec.parameters().First().device;
        var codes = tensor(flat, [items, codebooks, frames], device: device);
        Send(decoder.Push(codes));
    }

    private void Send(Tensor? audio)
    {
        if (audio is null)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var all = audio;
        var start = samples;
        samples += audio.size(2);
        for (var item = 0; item < audio.size(0); item++)
        {
            receive(new AudioChunk(audio[item].clone().DetachFromDisposeScope(), start, firstItem + item));
        }
    }
}
