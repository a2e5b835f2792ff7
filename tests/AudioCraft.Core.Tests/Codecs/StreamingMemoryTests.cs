using AudioCraft.Codecs;
using TorchSharp;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>Streaming a codec uses memory that does not grow with the duration.</summary>
[Collection(ProcessWideState.Name)]
[Trait("Category", "Slow")]
public class StreamingMemoryTests(ITestOutputHelper output)
{
    private const int SecondsAPiece = 3;
    private const int Rate = 8000;

    [LinuxTheory]
    [InlineData("EnCodec", 40)]
    [InlineData("DAC", 40)]
    public void Long_streams_use_bounded_memory_and_equal_the_whole_file(string codec, int minutes)
    {
        using CompressionModel model = codec == "DAC" ? MakeDac() : MakeEncodec();
        List<Tensor> kept = [];
        Code(model, minutes: 1, kept); // also loads libtorch's own pages
        var audioBytes = 60L * minutes * Rate * sizeof(float);
        var samples = 0L;
        var peak = ResidentMemory.PeakOf(() => samples = Code(model, minutes, kept: null), limit: audioBytes / 2);
        output.WriteLine($"peak {peak >> 10} kB for {audioBytes >> 10} kB of audio");
        Assert.Equal(60L * minutes * Rate, samples);
        Assert.InRange(peak, long.MinValue, audioBytes / 2);

        using var scope = NewDisposeScope();
        var codes = model.Encode(cat(Sound(60).Select(p => p.clone()).ToList(), 2)).Codes;
        var whole = model.Decode(codes);
        var streamed = cat(kept, 2).narrow(2, 0, whole.size(2));
        kept.ForEach(t => t.Dispose());

        // The last frames of a single minute do not depend on later audio.
        var same = whole.size(2) - Rate;
        Near.Equal(whole.narrow(2, 0, same), streamed.narrow(2, 0, same), 1e-5);
    }

    private static EncodecModel MakeEncodec()
    {
        random.manual_seed(3);
        var model = new EncodecModel(new()
        {
            SampleRate = Rate,
            Encoder = new() { Filters = 4, Dimension = 8, Ratios = [8, 5, 4], ResidualLayers = 1, LstmLayers = 1, PaddingMode = ConvPaddingMode.Reflect },
            Quantizer = new() { NumCodebooks = 2, Cardinality = 4, KMeansInit = false },
        });
        model.eval();
        return model;
    }

    private static DacModel MakeDac()
    {
        random.manual_seed(3);
        var model = new DacModel(new()
        {
            SampleRate = Rate,
            EncoderDimension = 2,
            EncoderRates = [4, 5, 8],
            DecoderDimension = 16,
            DecoderRates = [8, 5, 4],
            NumCodebooks = 2,
            Cardinality = 4,
            CodebookDimensions = [4],
        });
        model.eval();
        return model;
    }

    /// <summary>Encodes and decodes. Keeps the audio of the first minute if a list is given.</summary>
    private static long Code(CompressionModel model, double minutes, List<Tensor>? kept)
    {
        var samples = 0L;
        foreach (var chunk in model.DecodeStream(model.EncodeStream(Sound((int)(minutes * 60))), disposePieces: true))
        {
            var length = chunk.size(2);
            if (kept is not null && samples < 60L * Rate)
            {
                kept.Add(chunk);
            }
            else
            {
                chunk.Dispose();
            }

            samples += length;
        }

        return samples;
    }

    private static IEnumerable<Tensor> Sound(int seconds)
    {
        using var generator = new Generator(11);
        for (var second = 0; second < seconds; second += SecondsAPiece)
        {
            using var chunk = randn([1, 1, SecondsAPiece * Rate], generator: generator);
            yield return chunk;
        }
    }
}
