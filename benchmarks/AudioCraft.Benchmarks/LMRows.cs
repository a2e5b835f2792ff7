using AudioCraft.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks;

/// <summary>Generation by language models of the released shapes with random weights, one item with guidance; the figure is steps a second (50 are real time).</summary>
internal static class LMRows
{
    private const int TextLength = 12;

    public static IEnumerable<Row> All =>
    [
        RowOf("musicgen-small-steps", new LMConfig { Dim = 1024, NumHeads = 16, NumLayers = 24 }, 10),
        RowOf("audiogen-medium-steps", new LMConfig { Dim = 1536, NumHeads = 24, NumLayers = 48 }, 5),
    ];

    private static Row RowOf(string name, LMConfig config, int steps) => new(name, "steps/s", steps, "lm.py", () => Prepare(config, steps));

    private static Workload Prepare(LMConfig config, int steps)
    {
        random.manual_seed(1);
        var model = new LMModel(config);
        model.eval();
        var text = randn(1, TextLength, config.Dim);

        // The delay pattern takes as many steps more than frames as the last codebook is behind the first.
        var request = new TokenRequest
        {
            BatchSize = 1,
            Frames = steps - (config.NumCodebooks - 1),
            Conditions = new ConditionTensors(new ConditionTensor("description", text)),
            Parameters = new GenerationParams(),
            Draws = DrawSequence.ForItems(1, ["text"]),
        };
        return new(
            () => TokenGenerator.Generate(model, request, null, CancellationToken.None).Dispose(),
            () =>
            {
                text.Dispose();
                model.Dispose();
            });
    }
}
