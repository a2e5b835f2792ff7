using System.Globalization;
using AudioCraft.Codecs;
using TorchSharp;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>Sound of any length in memory that does not grow with it, as the kernel counts it.</summary>
public class StreamingMemoryTests(ITestOutputHelper output)
{
    private const int SecondsAPiece = 3;
    private const int Rate = 8000;

    [Theory]
    [InlineData("EnCodec", 20)]
    [InlineData("DAC", 10)]
    public void Many_minutes_use_no_more_memory_than_one_and_begin_the_same(string codec, int minutes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // the measure is Linux's /proc
        }

        using CompressionModel model = codec == "DAC" ? MakeDac() : MakeEncodec();
        Code(model, minutes: 0.2, kept: null); // the pages of libtorch itself come with its first use
        var (_, peakOfOne) = Measure(() => Code(model, minutes: 1, kept: null));
        List<Tensor> kept = [];
        var (samples, peak) = Measure(() => Code(model, minutes, kept));
        output.WriteLine($"peak: one minute {peakOfOne >> 10} kB, {minutes} minutes {peak >> 10} kB; the sound itself {samples * sizeof(float) >> 10} kB");
        Assert.Equal(60L * minutes * Rate, samples);
        Assert.InRange(peak, long.MinValue, peakOfOne + (12 << 20)); // the first minute that is kept takes 2 MB; below 0 if memory was given back meanwhile
        Assert.InRange(peak, long.MinValue, samples * sizeof(float) / 2);

        using var scope = NewDisposeScope();
        var codes = model.Encode(cat(Sound(60).Select(p => p.clone()).ToList(), 2)).Codes;
        var whole = model.Decode(codes);
        var streamed = cat(kept, 2).narrow(2, 0, whole.size(2));
        kept.ForEach(t => t.Dispose());

        // The last frames of a minute on its own do not see what follows it.
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

    /// <summary>Encodes and decodes; keeps the sound of the first minute if there is a list for it.</summary>
    private static long Code(CompressionModel model, double minutes, List<Tensor>? kept)
    {
        var samples = 0L;
        foreach (var piece in model.DecodeStream(model.EncodeStream(Sound((int)(minutes * 60))), disposePieces: true))
        {
            var length = piece.size(2);
            if (kept is not null && samples < 60L * Rate)
            {
                kept.Add(piece);
            }
            else
            {
                piece.Dispose();
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
            using var piece = randn([1, 1, SecondsAPiece * Rate], generator: generator);
            yield return piece;
        }
    }

    private static (long Result, long Peak) Measure(Func<long> action)
    {
        GC.Collect();
        File.WriteAllText("/proc/self/clear_refs", "5"); // the high-water mark starts again from here
        var before = Status("VmRSS");
        var result = action();
        return (result, Status("VmHWM") - before);
    }

    private static long Status(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(field.Length + 1, line.Length - field.Length - 4).Trim(), CultureInfo.InvariantCulture) << 10;
    }
}
