using AudioCraft.Benchmarks.Baseline;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks;

/// <summary>Encoding and decoding with a model of the shape of descript's 44.1 kHz DAC and random weights, in seconds of audio per second.</summary>
internal static class DacRows
{
    /// <summary>Seconds of audio per run. Decoding one second takes about 130 billion operations.</summary>
    private const double Seconds = 2;

    public static IEnumerable<Row> All =>
    [
        new("dac-44k-encode", "× real time", "dac.py", small => Prepare("dac-44k-encode", encode: true, small)),
        new("dac-44k-decode", "× real time", "dac.py", small => Prepare("dac-44k-decode", encode: false, small)),
    ];

    /// <summary>The model, ready to use.</summary>
    internal static DacModel Model(DacConfig? config = null)
    {
        random.manual_seed(1);
        var model = new DacModel(config ?? new DacConfig());
        model.eval();
        return model;
    }

    private static Workload Prepare(string name, bool encode, bool small)
    {
        var model = Model(small ? new DacConfig { EncoderDimension = 8, DecoderDimension = 64, NumCodebooks = 4, Cardinality = 64 } : null);
        ModelWeights.Perturb(model);
        var baseline = new PlainDac(model);
        var seconds = small ? 0.3 : Seconds;
        var samples = (long)(seconds * model.SampleRate);
        var input = encode ? randn(1, 1, samples) : randint(0, model.Cardinality, [1, model.NumCodebooks, samples / model.HopLength], ScalarType.Int64);
        return new(
            seconds,
            () => (encode ? model.Encode(input).Codes : model.Decode(input)).Dispose(),
            () =>
            {
                input.Dispose();
                baseline.Dispose();
                model.Dispose();
            })
        {
            Baseline = () =>
            {
                using var guard = no_grad();
                (encode ? baseline.Encode(input) : baseline.Decode(input)).Dispose();
            },
            Compare = () =>
            {
                using var guard = no_grad();
                using var scope = NewDisposeScope();
                if (!encode)
                {
                    return Comparison.Difference(name, model.Decode(input), baseline.Decode(input));
                }

                Comparison.SameCodes(name, model.Encode(input).Codes, baseline.Encode(input));
                var whole = input.narrow(-1, 0, samples / model.HopLength * model.HopLength);
                return Comparison.Difference(name, model.Encoder.forward(whole), baseline.Latent(whole));
            },
        };
    }
}
