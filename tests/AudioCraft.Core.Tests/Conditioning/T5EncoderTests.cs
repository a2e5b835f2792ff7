using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Conditioning;

[Collection(ProcessWideState.Name)]
public class T5EncoderTests
{
    // INDEX.md: float32 and float64 differ by 3e-6 (h) and 8e-6 (long) in the worst element.
    private const double Tolerance = 5e-6;

    [Theory]
    [InlineData(T5Fixture.Relu, "")]
    [InlineData(T5Fixture.Gated, "")]
    [InlineData(T5Fixture.Relu, "long/")]
    [InlineData(T5Fixture.Gated, "long/")]
    [InlineData(T5Fixture.Relu, "masked/")]
    [InlineData(T5Fixture.Gated, "masked/")]
    public void Hidden_states_match_the_reference(string name, string part)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var io = Golden.Tensors(name);
        using var encoder = T5Fixture.Encoder(name);
        var ids = io.Read(part == "long/" ? "long/input_ids" : "input_ids");
        var hidden = encoder.forward(ids, io.Read(part + "attention_mask"));
        Near.Equal(io.Read(part + "last_hidden_state"), hidden, Tolerance);
    }

    [Theory]
    [InlineData(T5Fixture.Relu)]
    [InlineData(T5Fixture.Gated)]
    public void Relative_position_buckets_match_the_reference(string name)
    {
        using var scope = NewDisposeScope();
        using var io = Golden.Tensors(name);
        var distances = io.Read("bucket/relative_position").flatten().data<long>().ToArray();

        Assert.Equal(io.Read("bucket/bucket").flatten().data<long>().ToArray(), T5RelativePositionBias.Buckets(distances, 32, 128));
    }

    [Theory]
    [InlineData(T5Fixture.Relu)]
    [InlineData(T5Fixture.Gated)]
    public void Position_bias_matches_the_reference(string name)
    {
        using var scope = NewDisposeScope();
        using var io = Golden.Tensors(name);
        using var encoder = T5Fixture.Encoder(name);
        Exactly.Equal(io.Read("bias/len9"), encoder.RelativeBias.ForLength(9, CPU));
    }

    [Theory]
    [InlineData(T5Fixture.Relu)]
    [InlineData(T5Fixture.Gated)]
    public void Weight_names_match_the_file(string name)
    {
        using var archive = SafetensorsFile.Open(Golden.File(name, "weights.safetensors"));
        using var encoder = new T5Encoder(T5Fixture.Config(name));
        Assert.Equal(archive.Tensors.Keys.Order(), encoder.state_dict().Keys.Order());
    }

    [Fact]
    public void Decoder_and_output_head_are_ignored_and_other_tensors_are_named()
    {
        using var file = SafetensorsFile.Open(Golden.File(T5Fixture.Relu, "weights.safetensors"));
        using var whole = new Renamed(file, ["decoder.block.0.layer.0.SelfAttention.q.weight", "lm_head.weight", "encoder.embed_tokens.weight"], name => name);
        T5Encoder.Load(T5Fixture.Config(T5Fixture.Relu), whole).Dispose();

        using var odd = new Renamed(file, ["encoder.adapter.weight"], name => name);
        var error = Assert.Throws<CheckpointException>(() => T5Encoder.Load(T5Fixture.Config(T5Fixture.Relu), odd));
        Assert.Contains("encoder.adapter.weight", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encoder_loads_with_a_prefix()
    {
        using var file = SafetensorsFile.Open(Golden.File(T5Fixture.Gated, "weights.safetensors"));
        using var larger = new Renamed(file, [], name => "text_encoder." + name);
        T5Encoder.Load(T5Fixture.Config(T5Fixture.Gated), larger, "text_encoder.").Dispose();
    }

    [Fact]
    public void Mismatched_configuration_throws_before_allocation()
    {
        using var file = SafetensorsFile.Open(Golden.File(T5Fixture.Relu, "weights.safetensors"));
        var config = T5Fixture.Config(T5Fixture.Relu);
        T5Config[] wrong =
        [
            config with { LayerCount = 30 }, config with { ModelDimension = 1 << 24 }, config with { VocabularySize = 1 << 24 }, config with { FeedForwardDimension = 1 << 24 },
            config with { HeadDimension = 1 << 20 }, config with { HeadCount = 2, HeadDimension = 16 }, config with { LayerCount = 1 << 24 },
            config with { LayerCount = 2 }, config with { LayerCount = 4 }, config with { GatedGelu = true },
        ];
        Assert.All(wrong, bad => Assert.Throws<CheckpointException>(() => T5Encoder.Load(bad, file)));
    }

    [Fact]
    public void Forward_leaks_no_tensors()
    {
        using var encoder = T5Fixture.Encoder(T5Fixture.Gated);
        using var ids = tensor(new long[] { 7, 107, 37, 1 }, [1, 4]);
        using var mask = ones(1, 4, dtype: ScalarType.Int64);
        LiveTensors.NoneLeft(() =>
        {
            using var guard = no_grad();
            encoder.forward(ids, mask).Dispose();
        });
    }

    [Fact]
    public void Disposed_and_failed_encoders_leak_no_tensors()
    {
        // TorchSharp's counter increases by one extra for each Parameter that is created.
        var before = LiveTensors.Count();
        new TorchSharp.Modules.Parameter(zeros(1)).Dispose();
        var drift = Tensor.TotalCount - before;
        var parameters = T5Fixture.Config(T5Fixture.Relu).LayerCount * 8 + 3;
        LiveTensors.Left(drift * parameters, () => T5Fixture.Encoder(T5Fixture.Relu).Dispose());
        LiveTensors.Left(drift * (parameters - 8), () =>
        {
            using var file = SafetensorsFile.Open(Golden.File(T5Fixture.Relu, "weights.safetensors"));
            Assert.Throws<CheckpointException>(() => T5Encoder.Load(T5Fixture.Config(T5Fixture.Relu) with { LayerCount = 2 }, file));
        });
    }

    [Fact]
    public void Gradients_reach_every_weight()
    {
        using var scope = NewDisposeScope();
        using var encoder = T5Fixture.Encoder(T5Fixture.Gated);
        var hidden = encoder.forward(tensor(new long[] { 7, 107, 1 }, [1, 3]), ones(1, 3, dtype: ScalarType.Int64));
        hidden.square().sum().backward();
        Assert.All(encoder.named_parameters(), p => Assert.True(p.parameter.grad is { } g && g.abs().sum().item<float>() > 0, p.name));
    }

    [Fact]
    public void Invalid_ids_and_masks_throw_before_native_calls()
    {
        using var scope = NewDisposeScope();
        using var encoder = T5Fixture.Encoder(T5Fixture.Relu);
        var ids = zeros(2, 3, dtype: ScalarType.Int64);
        var mask = ones(2, 3, dtype: ScalarType.Int64);
        Assert.Contains("1028", Assert.Throws<ArgumentOutOfRangeException>(() => encoder.forward(ids + 1028, mask)).Message, StringComparison.Ordinal);
        Assert.Contains("-1", Assert.Throws<ArgumentOutOfRangeException>(() => encoder.forward(ids - 1, mask)).Message, StringComparison.Ordinal);
        Assert.Contains("[2, 2]", Assert.Throws<ArgumentException>(() => encoder.forward(ids, mask.narrow(1, 0, 2))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => encoder.forward(ids.to(ScalarType.Int32), mask));
        Assert.Throws<ArgumentException>(() => encoder.forward(ids.flatten(), mask.flatten()));
        Assert.Throws<ArgumentException>(() => encoder.forward(ids.narrow(1, 0, 0), mask.narrow(1, 0, 0)));
    }

    /// <summary>An archive with the same tensors under other names, and additional tensors.</summary>
    private sealed class Renamed(TensorArchive inner, string[] more, Func<string, string> rename) : TensorArchive
    {
        private readonly Dictionary<string, string> names = inner.Tensors.Keys.ToDictionary(rename)
            .Concat(more.Select(name => KeyValuePair.Create(name, "shared.weight"))).ToDictionary();

        public override string Source => inner.Source;

        public override IReadOnlyDictionary<string, TensorInfo> Tensors => names.ToDictionary(pair => pair.Key, pair => inner.Tensors[pair.Value]);

        public override Tensor Read(string name) => inner.Read(names[name]);
    }
}
