using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>Training of EnCodec compared with upstream's results in tests/golden/encodec_train_step.</summary>
[Collection(ProcessWideState.Name)]
public class EncodecTrainingTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public EncodecTrainingTests() => manual_seed(20261127);

    private const string Case = "encodec_train_step";

    [Fact]
    public void Two_steps_of_Adam_match_the_recorded_losses_gradients_and_weights()
    {
        using var model = Load();
        using var io = Golden.Tensors(Case);
        using var json = Golden.Config(Case);
        var adam = json.RootElement.GetProperty("adam");
        var betas = adam.GetProperty("betas");
        using var optimizer = optim.Adam(model.parameters(), adam.GetProperty("lr").GetDouble(), betas[0].GetDouble(), betas[1].GetDouble());
        for (var step = 0; step < 2; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            var x = io.Read($"step{step}/x");
            var result = model.forward(x);
            var loss = Loss(result, x);
            loss.backward();
            Near.Equal(io.Read($"step{step}/out"), result.X, 1e-5);
            Exactly.Equal(io.Read($"step{step}/codes"), result.Codes);
            Near.Equal(io.Read($"step{step}/penalty"), result.Penalty!, 1e-5);
            Near.Equal(io.Read($"step{step}/bandwidth"), result.Bandwidth, 1e-6);
            Near.Equal(io.Read($"step{step}/loss"), loss, 1e-5);
            foreach (var (name, parameter) in model.named_parameters())
            {
                Near.Equal(io.Read($"step{step}/grad/{name}"), parameter.grad!, 1e-4);
            }

            optimizer.step();
        }

        var state = model.state_dict();
        var final = io.Tensors.Keys.Where(k => k.StartsWith("final/", StringComparison.Ordinal)).Select(k => k["final/".Length..]).ToList();
        Assert.Equal(final.Order(), state.Keys.Order());
        using var last = NewDisposeScope();
        foreach (var name in final)
        {
            Near.Equal(io.Read("final/" + name), state[name], 1e-5);
        }
    }

    [Fact]
    public void Training_steps_leave_only_gradients_and_the_optimizers_state_alive()
    {
        using var model = Load();
        using var x = randn(2, 1, 121);
        using var optimizer = optim.Adam(model.parameters(), 1e-4);
        void Step()
        {
            optimizer.zero_grad();
            using var result = model.forward(x);
            using var loss = Loss(result, x);
            loss.backward();
            optimizer.step();
        }

        Step();
        LiveTensors.Count();
        var before = LiveTensors.Count();
        Step();
        Step();
        Assert.Equal(before, LiveTensors.Count());
        LiveTensors.Left(4, () => model.forward(x));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Model_for_training_starts_like_one_for_inference_and_fits_its_input()
    {
        var config = new EncodecConfig
        {
            SampleRate = 8000,
            Encoder = new() { Filters = 8, Dimension = 8, Ratios = [4, 2], Norm = ConvNorm.WeightNorm, ResidualLayers = 1, PaddingMode = ConvPaddingMode.Constant },
            Quantizer = new() { Cardinality = 32, NumCodebooks = 2, Decay = 0.9 },
        };
        using var model = new EncodecModel(config, training: true);
        Assert.True(model.training);
        Assert.Contains("encoder.model.0.conv.conv.weight_g", model.state_dict().Keys);
        using var generator = new Generator(7);
        model.Quantizer.Generator = generator;
        using var x = arange(4 * 400, ScalarType.Float32).mul(0.3f).sin().view(4, 1, 400);
        using var optimizer = optim.Adam(model.parameters(), 5e-3);
        float Step()
        {
            optimizer.zero_grad();
            using var result = model.forward(x);
            using var loss = Loss(result, x);
            loss.backward();
            optimizer.step();
            return loss.item<float>();
        }

        var first = Step();
        var later = Enumerable.Range(0, 100).Select(_ => Step()).ToList();
        Assert.True(later[^1] < 0.7 * first, $"{first} became {string.Join(", ", later)}");

        model.eval();
        using var after = model.forward(x);
        Assert.Equal(0, after.Penalty!.item<float>());
        Assert.False(after.X.requires_grad);
    }

    private static Tensor Loss(QuantizedResult result, Tensor x)
    {
        using var scope = NewDisposeScope();
        return ((result.X - x).abs().mean() + (result.Penalty! * 0.3)).MoveToOuterDisposeScope();
    }

    private static EncodecModel Load()
    {
        using var json = Golden.Config(Case);
        var model = new EncodecModel(GoldenEncodec.ConfigOf(json.RootElement), training: true);
        using var weights = SafetensorsFile.Open(Golden.File(Case, "weights.safetensors"));
        WeightLoader.Load(model, weights);
        model.train();
        return model;
    }
}
