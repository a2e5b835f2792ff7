namespace AudioCraft.Formats;

/// <summary>Reads the codes of one segment. Nothing is allocated for codes that the source does not contain.</summary>
internal interface ICodeReader : IDisposable
{
    /// <summary>Reads the codes of the next frames: code k of frame t is at t·K + k.</summary>
    /// <exception cref="AudioFormatException">The source ends, or the codes are invalid.</exception>
    long[] Read(long frames);

    /// <summary>Ends the segment.</summary>
    /// <exception cref="AudioFormatException">The final bits are invalid: the file is damaged, or does not match the probabilities of the language model.</exception>
    void Finish();
}

/// <summary>Reads codes of a fixed number of bits.</summary>
internal sealed class PackedCodeReader : ICodeReader
{
    private readonly ByteSource source;
    private readonly BitUnpacker unpacker;
    private readonly int codebooks;
    private readonly int bits;

    /// <param name="source">The source.</param>
    /// <param name="frames">The number of frames of the segment.</param>
    /// <param name="codebooks">The number of codes per frame.</param>
    /// <param name="bits">The number of bits per code.</param>
    /// <exception cref="AudioFormatException">The source has fewer bytes than the codes need.</exception>
    public PackedCodeReader(ByteSource source, long frames, int codebooks, int bits)
    {
        (this.source, this.codebooks, this.bits) = (source, codebooks, bits);
        unpacker = new BitUnpacker(source);
        var needed = Math.Ceiling(BytesOf(frames));
        if (needed > (source.Remaining ?? long.MaxValue))
        {
            throw source.Error($"a segment needs {needed:F0} bytes of codes, but the file ends after {source.Remaining}.");
        }
    }

    public long[] Read(long frames)
    {
        var codes = new CodeBuffer(source, frames, codebooks, (long)BytesOf(frames));
        while (codes.HasRoom)
        {
            codes.Add(unpacker.Pull(bits));
        }

        return codes.ToArray();
    }

    public void Finish() => unpacker.Finish();

    public void Dispose()
    {
    }

    private double BytesOf(long frames) => (double)frames * codebooks * bits / 8;
}

/// <summary>Reads codes that were compressed with a language model.</summary>
internal sealed class PredictedCodeReader : ICodeReader
{
    private readonly ByteSource source;
    private readonly int codebooks;
    private readonly Action<long> step;
    private readonly CodePredictor predictor;
    private readonly ArithmeticDecoder decoder;
    private long time;

    /// <param name="source">The source.</param>
    /// <param name="frames">The number of frames of the segment.</param>
    /// <param name="codebooks">The number of codes per frame.</param>
    /// <param name="model">The language model.</param>
    /// <param name="step">Called with the frame number before each frame, for cancellation and progress.</param>
    /// <exception cref="AudioFormatException">The source has fewer bytes than the codes need at least.</exception>
    public PredictedCodeReader(ByteSource source, long frames, int codebooks, EncodecLanguageModel model, Action<long> step)
    {
        // The minimum size of a code: the other entries have at least two units of the total each, whatever the model predicts.
        var leastBits = -Math.Log2(1 - 2.0 * (model.Config.Cardinality - 1) / (1 << ArithmeticEncoder.DefaultTotalBits));
        var needed = Math.Floor((double)frames * codebooks * leastBits / 8);
        if (needed > (source.Remaining ?? long.MaxValue))
        {
            throw source.Error($"a segment needs at least {needed:F0} bytes of codes, but the file ends after {source.Remaining}.");
        }

        (this.source, this.codebooks, this.step) = (source, codebooks, step);
        predictor = new CodePredictor(model, codebooks);
        decoder = new ArithmeticDecoder(source);
    }

    public long[] Read(long frames)
    {
        var codes = new CodeBuffer(source, frames, codebooks, source.Remaining ?? 0);
        while (codes.HasRoom)
        {
            step(time++);
            predictor.Predict();
            for (var k = 0; k < codebooks; k++)
            {
                var code = decoder.Pull(predictor.CdfOf(k));
                predictor.SetCode(k, code);
                codes.Add(code);
            }
        }

        return codes.ToArray();
    }

    public void Finish() => decoder.Finish();

    public void Dispose() => predictor.Dispose();
}

/// <summary>Collects the codes of a segment. If the length of the source is unknown, memory grows with the codes that have been read.</summary>
internal sealed class CodeBuffer
{
    private const int FirstCapacity = 1 << 12;

    private readonly List<long> codes;
    private readonly long count;

    /// <param name="source">The source.</param>
    /// <param name="frames">The number of frames.</param>
    /// <param name="codebooks">The number of codes per frame.</param>
    /// <param name="bytes">The maximum size of the codes in the source, which limits the first allocation.</param>
    public CodeBuffer(ByteSource source, long frames, int codebooks, long bytes)
    {
        if (frames > Array.MaxLength / codebooks)
        {
            throw source.Error($"a segment has {frames} frames of {codebooks} codes, more than can be read.");
        }

        count = frames * codebooks;
        codes = new List<long>((int)Math.Min(count, source.Remaining is null ? FirstCapacity : Math.Max(FirstCapacity, bytes)));
    }

    public bool HasRoom => codes.Count < count;

    public void Add(long code) => codes.Add(code);

    public long[] ToArray() => [.. codes];
}
