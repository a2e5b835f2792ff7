using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

[Collection(ProcessWideState.Name)]
public class WeightNormTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public WeightNormTests() => manual_seed(20261127);

    [Fact]
    public void Both_spellings_fold_to_the_same_weight_and_other_tensors_are_unchanged()
    {
        using var g = tensor(new float[] { 2, -3 }).view(2, 1, 1);
        using var v = tensor(new float[] { 3, 4, 0, 0, 0, 5 }).view(2, 1, 3);
        using var bias = zeros(2);
        using var inner = new Memory(new()
        {
            ["a.weight_g"] = g, ["a.weight_v"] = v, ["a.bias"] = bias,
            ["b.parametrizations.weight.original0"] = g, ["b.parametrizations.weight.original1"] = v,
        });
        using var folded = new WeightNormArchive(inner);
        Assert.Equal(["a.weight", "a.bias", "b.weight"], folded.Tensors.Keys);
        using var expected = tensor(new float[] { 1.2f, 1.6f, 0, 0, 0, -3 }).view(2, 1, 3);
        LiveTensors.NoneLeft(() =>
        {
            using var a = folded.Read("a.weight");
            using var b = folded.Read("b.weight");
            using var into = empty(2, 1, 3);
            folded.ReadInto("a.weight", into);
            Near.Equal(expected, a, 1e-7);
            Exactly.Equal(a, b);
            Exactly.Equal(a, into);
            Assert.Null(folded.TryMap("a.weight"));
        });
    }

    [Fact]
    public void Incomplete_pair_is_named_by_the_loader_and_a_pair_that_does_not_fit_is_rejected()
    {
        using var g = ones(3, 1, 1);
        using var v = ones(2, 1, 3);
        using var half = new Memory(new() { ["a.weight_g"] = g });
        Assert.Equal(["a.weight_g"], new WeightNormArchive(half).Tensors.Keys);
        using var misfit = new Memory(new() { ["a.weight_g"] = g, ["a.weight_v"] = v });
        Assert.Contains("[3, 1, 1]", Assert.Throws<CheckpointException>(() => new WeightNormArchive(misfit)).Message, StringComparison.Ordinal);
        using var right = ones(2, 1, 1);
        using var twice = new Memory(new() { ["weight_g"] = right, ["weight_v"] = v, ["weight"] = v });
        Assert.Contains("'weight'", Assert.Throws<CheckpointException>(() => new WeightNormArchive(twice)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Model_for_training_has_both_parameters_and_computes_the_same()
    {
        using var json = Golden.Config("encodec_noncausal_16k_audiogen_tiny");
        using var model = new EncodecModel(GoldenEncodec.ConfigOf(json.RootElement), training: true);
        using var file = SafetensorsFile.Open(Golden.File("encodec_noncausal_16k_audiogen_tiny", "weights.safetensors"));
        WeightLoader.Load(model, file);
        model.eval();
        using var io = Golden.Tensors("encodec_noncausal_16k_audiogen_tiny");
        using var scope = NewDisposeScope();
        var codes = model.Encode(io.Read("len1111/x")).Codes;
        Exactly.Equal(io.Read("len1111/codes"), codes);
        Near.Equal(io.Read("len1111/decoded"), model.Decode(codes), 1e-5);
    }

    [Fact]
    public void Gradients_reach_every_parameter_of_encoder_and_decoder()
    {
        var seanet = new SEANetConfig { Filters = 2, Dimension = 4, Ratios = [3, 2], Norm = ConvNorm.WeightNorm, LstmLayers = 2, ResidualLayers = 1, TrueSkip = false };
        using var encoder = new SEANetEncoder(seanet, training: true);
        using var decoder = new SEANetDecoder(seanet, training: true);
        using var scope = NewDisposeScope();
        var output = decoder.forward(encoder.forward(randn(2, 1, 25)));
        Assert.Equal([2, 1, 30], output.shape);
        output.pow(2).mean().backward();
        foreach (var (name, parameter) in encoder.named_parameters().Concat(decoder.named_parameters()))
        {
            Assert.True(parameter.grad is { } gradient && gradient.isfinite().all().item<bool>(), name);
        }
    }

    /// <summary>An archive of tensors in memory.</summary>
    private sealed class Memory(Dictionary<string, Tensor> tensors) : TensorArchive
    {
        public override string Source => "memory";

        public override IReadOnlyDictionary<string, TensorInfo> Tensors { get; } = tensors.ToDictionary(t => t.Key, t => new TensorInfo(t.Value.dtype, t.Value.shape));

        public override Tensor Read(string name) => tensors[name].clone();
    }
}
