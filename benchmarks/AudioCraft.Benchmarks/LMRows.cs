using AudioCraft.Benchmarks.Baseline;
using AudioCraft.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks;

/// <summary>Generation with language models of the released shapes and random weights, with guidance, in steps per second (50 are real time) times the items of the batch.</summary>
internal static class LMRows
{
    private const int TextLength = 12;

    private static readonly int[] Batches = [1, 4, 8, 16, 32];

    private static readonly Dictionary<int, LMModel> Models = [];

    public static IEnumerable<Row> All =>
    [
        .. Batches.Select(batch => RowOf("musicgen-small", MusicGenSmall, batch == 1 ? 20 : 10, batch)),
        .. Batches.Select(batch => RowOf("audiogen-medium", AudioGenMedium, batch == 1 ? 8 : 4, batch)),
    ];

    /// <summary>The shape of facebook/musicgen-small.</summary>
    public static LMConfig MusicGenSmall => new() { Dim = 1024, NumHeads = 16, NumLayers = 24 };

    /// <summary>The shape of facebook/audiogen-medium.</summary>
    public static LMConfig AudioGenMedium => new() { Dim = 1536, NumHeads = 24, NumLayers = 48 };

    private static Row RowOf(string shape, LMConfig config, int steps, int batch)
    {
        var name = batch == 1 ? $"{shape}-steps" : $"{shape}-batch-{batch}";
        return new(name, "steps/s", "lm.py", small => Prepare(name, small ? config with { Dim = 64, NumHeads = 4, NumLayers = 2, Cardinality = 300 } : config, steps, batch));
    }

    /// <summary>Generation with a model. Each call of the workload is one run. The caller keeps ownership of the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="steps">Steps per run.</param>
    /// <param name="batch">Items.</param>
    /// <param name="watch">Receives an action that is called after each step.</param>
    public static Workload Generation(LMModel model, int steps, int batch, out Action<Action> watch)
    {
        Action? onStep = null;
        watch = action => onStep = action;
        var request = Request(model, steps, batch, out var text);
        return new(steps * batch, () => TokenGenerator.Generate(model, request, onStep).Dispose(), text.Dispose);
    }

    /// <summary>The request of a generation with random text embeddings, which the caller disposes.</summary>
    public static TokenRequest Request(LMModel model, int steps, int batch, out Tensor text)
    {
        text = randn(batch, TextLength, model.Config.Dim, device: model.Device);

        // The delay pattern adds one step per delay of the last codebook.
        return new TokenRequest
        {
            BatchSize = batch,
            Frames = steps - (model.NumCodebooks - 1),
            Conditions = new ConditionTensors(new ConditionTensor("description", text)),
            Parameters = new GenerationParams(),
            Random = RandomSequence.ForItems(1, new string[batch]),
        };
    }

    /// <summary>Disposes the models that rows share.</summary>
    public static void Release()
    {
        foreach (var model in Models.Values)
        {
            model.Dispose();
        }

        Models.Clear();
        GC.Collect();
    }

    private static Workload Prepare(string name, LMConfig config, int steps, int batch)
    {
        random.manual_seed(1);
        var model = Model(config);
        var baseline = new PlainTransformer(model);
        var request = Request(model, steps, batch, out var text);
        return new(
            steps * batch,
            () => TokenGenerator.Generate(model, request).Dispose(),
            () =>
            {
                text.Dispose();
                baseline.Dispose();
            })
        {
            Baseline = () =>
            {
                using var guard = no_grad();
                baseline.Generate(text, request.Frames).Dispose();
            },
            Compare = () => Compare(name, model, baseline, request, text),
        };
    }

    // Rows with the same shape share a model, because creating the larger one takes longer than measuring it.
    private static LMModel Model(LMConfig config)
    {
        if (!Models.TryGetValue(config.Dim, out var model))
        {
            model = new LMModel(config);
            model.eval();
            ModelWeights.Perturb(model);
            Models.Add(config.Dim, model);
        }

        return model;
    }

    /// <summary>The guided logits of three steps with given tokens: complete steps except for sampling.</summary>
    private static double Compare(string name, LMModel model, PlainTransformer baseline, TokenRequest request, Tensor text)
    {
        const int steps = 3;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (batch, codebooks, cardinality) = (request.BatchSize, model.NumCodebooks, model.Config.Cardinality);
        var random = new Random(1);
        var sequences = new long[batch][,];
        for (var item = 0; item < batch; item++)
        {
            sequences[item] = new long[codebooks, steps];
            for (var k = 0; k < codebooks; k++)
            {
                for (var step = 0; step < steps; step++)
                {
                    sequences[item][k, step] = random.Next(cardinality + 1);
                }
            }
        }

        using var pass = GuidancePass.Create(model, request, steps).Single();
        using var state = baseline.Start(text, steps);
        var (worst, guided) = (0.0, new float[batch * codebooks * cardinality]);
        for (var step = 0; step < steps; step++)
        {
            Array.Clear(guided);
            pass.Step(sequences, step, step + 1);
            var tokens = new long[batch * codebooks];
            for (var i = 0; i < batch * codebooks; i++)
            {
                pass.AddTo(guided.AsSpan(i * cardinality, cardinality), i / codebooks, i % codebooks);
                tokens[i] = sequences[i / codebooks][i % codebooks, step];
            }

            var theirs = baseline.Step(tensor(tokens, [batch, codebooks]), state);
            worst = Math.Max(worst, Comparison.Difference(name, tensor(guided, [batch, codebooks, cardinality]), theirs));
        }

        return worst;
    }
}
