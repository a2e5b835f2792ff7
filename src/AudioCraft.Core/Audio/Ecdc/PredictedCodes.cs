using AudioCraft.Compression.EntropyCoding;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Audio.Ecdc;

/// <summary>Codes of a segment by an arithmetic coder that a language model drives: the likelier a code, the fewer bits.</summary>
internal sealed class PredictedCodes : IDisposable
{
    private readonly EncodecLanguageModel model;
    private readonly Device device;
    private readonly int codebooks;
    private readonly EncodecLanguageModelState state;
    private readonly long[] cdf;
    private float[] probabilities = [];

    private PredictedCodes(EncodecLanguageModel model, int codebooks)
    {
        this.model = model;
        this.codebooks = codebooks;
        device = model.parameters().First().device;
        state = model.NewState();
        cdf = new long[model.Config.Cardinality];
    }

    /// <param name="stream">Where they go.</param>
    /// <param name="codes">Time-major.</param>
    /// <param name="codebooks">Codes of a time.</param>
    /// <param name="model">The language model.</param>
    /// <param name="step">Called before each time: for cancellation and progress.</param>
    public static void Write(Stream stream, long[] codes, int codebooks, EncodecLanguageModel model, Action<long> step)
    {
        using var predicted = new PredictedCodes(model, codebooks);
        var encoder = new ArithmeticEncoder(stream);
        for (var start = 0; start < codes.Length; start += codebooks)
        {
            step(start / codebooks);
            predicted.Next(codes.AsSpan(Math.Max(0, start - codebooks), start == 0 ? 0 : codebooks));
            for (var k = 0; k < codebooks; k++)
            {
                encoder.Push((int)codes[start + k], predicted.CdfOf(k));
            }
        }

        encoder.Flush();
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="AudioFormatException">The codes are cut off, or out of step with the probabilities.</exception>
    public static long[] Read(ByteSource source, long frames, int codebooks, EncodecLanguageModel model, Action<long> step)
    {
        // A code costs at least as much as one of which the rest have their two units: so many bytes are there at the least, whatever the model says.
        var leastBits = -Math.Log2(1 - 2.0 * (model.Config.Cardinality - 1) / (1 << ArithmeticEncoder.DefaultTotalBits));
        var needed = Math.Floor((double)frames * codebooks * leastBits / 8);
        if (needed > (source.Remaining ?? long.MaxValue))
        {
            throw source.Error($"by its length a segment has at least {needed:F0} bytes of codes, but the file ends after {source.Remaining} of them.");
        }

        using var predicted = new PredictedCodes(model, codebooks);
        var decoder = new ArithmeticDecoder(source);
        var codes = new CodeBuffer(source, frames, codebooks, source.Remaining ?? 0);
        var time = new long[codebooks];
        for (var t = 0L; codes.HasRoom; t++)
        {
            step(t);
            predicted.Next(t == 0 ? [] : time);
            for (var k = 0; k < codebooks; k++)
            {
                time[k] = decoder.Pull(predicted.CdfOf(k));
                codes.Add(time[k]);
            }
        }

        decoder.Finish();
        return codes.ToArray();
    }

    public void Dispose() => state.Dispose();

    /// <summary>Asks the model about the next time, given the codes of the one before; none at the first.</summary>
    private void Next(ReadOnlySpan<long> before)
    {
        using var scope = NewDisposeScope();
        var indices = new long[codebooks];
        for (var k = 0; k < before.Length; k++)
        {
            indices[k] = before[k] + 1;
        }

        var input = tensor(indices, [1, codebooks, 1]).to(device);
        var predicted = model.forward(input, state).permute(0, 3, 2, 1).reshape(-1).cpu().contiguous();
        probabilities = predicted.data<float>().ToArray();
    }

    private ReadOnlySpan<long> CdfOf(int codebook)
    {
        QuantizedCdf.Build(probabilities.AsSpan(codebook * cdf.Length, cdf.Length), ArithmeticEncoder.DefaultTotalBits, cdf);
        return cdf;
    }
}
