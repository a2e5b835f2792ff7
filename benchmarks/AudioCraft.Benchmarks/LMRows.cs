using AudioCraft.Generation;
using AudioCraft.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks;

/// <summary>Generation by language models of the released shapes with random weights, with guidance; the figure is steps a second (50 are real time), times the items of the batch.</summary>
internal static class LMRows
{
    private const int TextLength = 12;

    public static IEnumerable<Row> All =>
    [
        RowOf("musicgen-small-steps", MusicGenSmall, 10),
        RowOf("audiogen-medium-steps", AudioGenMedium, 5),
        RowOf("musicgen-small-batch-4", MusicGenSmall, 10, batch: 4),
        RowOf("musicgen-small-batch-16", MusicGenSmall, 10, batch: 16),
    ];

    /// <summary>The shape of facebook/musicgen-small.</summary>
    public static LMConfig MusicGenSmall => new() { Dim = 1024, NumHeads = 16, NumLayers = 24 };

    /// <summary>The shape of facebook/audiogen-medium.</summary>
    public static LMConfig AudioGenMedium => new() { Dim = 1536, NumHeads = 24, NumLayers = 48 };

    private static Row RowOf(string name, LMConfig config, int steps, int batch = 1) =>
        new(name, "steps/s", steps * batch, "lm.py", () => Prepare(config, steps, batch));

    /// <summary>Generation by a model; each call of the workload is one run. The model stays the caller's.</summary>
    /// <param name="model">The model.</param>
    /// <param name="steps">Steps of a run.</param>
    /// <param name="batch">Items.</param>
    /// <param name="watch">Takes what is called after each step.</param>
    public static Workload Generation(LMModel model, int steps, int batch, out Action<Action> watch)
    {
        Action? onStep = null;
        watch = action => onStep = action;
        var request = Request(model, steps, batch, out var text);
        return new(() => TokenGenerator.Generate(model, request, onStep, CancellationToken.None).Dispose(), text.Dispose);
    }

    /// <summary>What a generation is asked for, with a text of random embeddings, which the caller disposes of.</summary>
    public static TokenRequest Request(LMModel model, int steps, int batch, out Tensor text)
    {
        text = randn(batch, TextLength, model.Config.Dim, device: model.Device);

        // The delay pattern takes as many steps more than frames as the last codebook is behind the first.
        return new TokenRequest
        {
            BatchSize = batch,
            Frames = steps - (model.NumCodebooks - 1),
            Conditions = new ConditionTensors(new ConditionTensor("description", text)),
            Parameters = new GenerationParams(),
            Random = RandomSequence.ForItems(1, new string[batch]),
        };
    }

    private static Workload Prepare(LMConfig config, int steps, int batch)
    {
        random.manual_seed(1);
        var model = new LMModel(config);
        model.eval();
        var work = Generation(model, steps, batch, out _);
        return new(work.Run, () =>
        {
            work.Dispose();
            model.Dispose();
        });
    }
}
