using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks;

/// <summary>Encoding and decoding by a model of the shape of descript's 44.1 kHz DAC with random weights; the figure is seconds of sound a second.</summary>
internal static class DacRows
{
    /// <summary>Seconds of sound a run: decoding takes some 130 billion operations for each.</summary>
    private const double Seconds = 2;

    public static IEnumerable<Row> All =>
    [
        new("dac-44k-encode", "× real time", Seconds, "dac.py", () => Prepare(encode: true)),
        new("dac-44k-decode", "× real time", Seconds, "dac.py", () => Prepare(encode: false)),
    ];

    /// <summary>The model, ready to use.</summary>
    internal static DacModel Model()
    {
        random.manual_seed(1);
        var model = new DacModel(new DacConfig());
        model.eval();
        return model;
    }

    private static Workload Prepare(bool encode)
    {
        var model = Model();
        var samples = (long)(Seconds * model.SampleRate);
        var input = encode ? randn(1, 1, samples) : randint(0, model.Cardinality, [1, model.NumCodebooks, samples / model.HopLength], ScalarType.Int64);
        return new(
            () => (encode ? model.Encode(input).Codes : model.Decode(input)).Dispose(),
            () =>
            {
                input.Dispose();
                model.Dispose();
            });
    }
}
