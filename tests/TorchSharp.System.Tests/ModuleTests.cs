using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class ModuleTests : ScopedTest
{
    [Fact]
    public void Weights_are_named_after_fields_attributes_and_numbers()
    {
        using var module = new Block();

        Assert.Equal(
            ["in_proj_weight", "scale", "table", "layers.0.weight", "layers.0.bias", "layers.1.weight", "out_proj.weight"],
            module.state_dict().Keys);
        Assert.Equal(["layers", "out_proj"], module.named_children().Select(item => item.name));
        Assert.Equal(["layers", "out_proj", "layers.0", "layers.1"], module.named_modules().Select(item => item.name));
        Assert.Equal(["table"], module.named_buffers().Select(item => item.name));
        Assert.Equal(6, module.parameters().Count());
        Assert.Same(module.layers[0].weight, module.get_parameter("layers.0.weight"));
        Assert.True(module.has_buffer("table"));
        Assert.Null(module.get_parameter("layers.7.weight"));
    }

    [Fact]
    public void Conversion_moves_every_floating_point_tensor_and_the_fields_follow()
    {
        using var module = new Block();
        var before = module.layers[0].weight;

        Assert.Same(module, module.to(ScalarType.Float64));

        Assert.True(before.IsInvalid);
        Assert.Equal(ScalarType.Float64, module.layers[0].weight.dtype);
        Assert.Equal(ScalarType.Float64, module.Scale.dtype);
        Assert.True(module.Scale.requires_grad);
        Assert.Equal(ScalarType.Int64, module.Table.dtype);
        Assert.All(module.parameters(), parameter => Assert.Equal(ScalarType.Float64, parameter.dtype));
        Assert.Equal(ScalarType.Float64, module.call(zeros([1, 3], ScalarType.Float64)).dtype);
        Assert.Throws<ArgumentException>(() => module.to(ScalarType.Int32));
        module.to(CPU);
    }

    [Fact]
    public void A_state_dict_loads_by_name_and_says_what_does_not_fit()
    {
        using var source = new Block();
        using var target = new Block();
        target.load_state_dict(source.state_dict());

        Assert.True(target.layers[1].weight.Equals(source.layers[1].weight));
        var partial = source.state_dict();
        partial.Remove("scale");
        partial["other"] = zeros(1);
        var error = Assert.Throws<InvalidOperationException>(() => target.load_state_dict(partial));
        Assert.Contains("scale", error.Message, StringComparison.Ordinal);
        Assert.Contains("other", error.Message, StringComparison.Ordinal);
        var (missing, unexpected) = target.load_state_dict(partial, strict: false);
        Assert.Equal(["scale"], missing);
        Assert.Equal(["other"], unexpected);
    }

    [Fact]
    public void Training_reaches_every_module_and_decides_about_dropout()
    {
        using var module = nn.Sequential(("drop", nn.Dropout(0.5)), ("id", nn.Identity()));
        var x = ones(1000);

        Assert.True(module.training);
        Assert.InRange(module.call(x).count_nonzero().item<long>(), 400, 600);
        module.eval();
        Assert.All(module.modules(), item => Assert.False(item.training));
        Assert.True(module.call(x).Equals(x));
    }

    [Fact]
    public void An_LSTM_equals_the_recurrence_of_its_paper()
    {
        manual_seed(2);
        using var lstm = nn.LSTM(3, 2, numLayers: 2);
        using var guard = no_grad();
        var x = randn(4, 1, 3);
        var (output, hidden, cell) = lstm.call(x);
        var weights = lstm.state_dict();
        var sequence = Enumerable.Range(0, 4).Select(t => x[t, 0]).ToList();
        for (var layer = 0; layer < 2; layer++)
        {
            var (h, c) = (zeros(2), zeros(2));
            for (var t = 0; t < sequence.Count; t++)
            {
                var gates = weights[$"weight_ih_l{layer}"].mv(sequence[t]) + weights[$"bias_ih_l{layer}"]
                    + weights[$"weight_hh_l{layer}"].mv(h) + weights[$"bias_hh_l{layer}"];
                var parts = gates.chunk(4);
                c = (parts[1].sigmoid() * c) + (parts[0].sigmoid() * parts[2].tanh());
                h = parts[3].sigmoid() * c.tanh();
                sequence[t] = h;
            }

            Assert.True(hidden[layer, 0].allclose(h, 1e-5, 1e-6));
            Assert.True(cell[layer, 0].allclose(c, 1e-5, 1e-6));
        }

        Assert.True(output[3, 0].allclose(sequence[3], 1e-5, 1e-6));
        Assert.Equal([4, 1, 2], output.shape);
        using var both = nn.LSTM(3, 2, bidirectional: true, batchFirst: true);
        Assert.Equal([1, 4, 4], both.call(x.transpose(0, 1)).Item1.shape);
        Assert.Contains("weight_hh_l0_reverse", both.state_dict().Keys);
    }

    [Fact]
    public void Layers_equal_their_functions()
    {
        using var guard = no_grad();
        using var linear = nn.Linear(3, 2);
        using var conv = nn.Conv1d(2, 4, 3, Padding.Same, padding_mode: PaddingModes.Reflect);
        using var transposed = nn.ConvTranspose1d(2, 3, 4, stride: 2, padding: 1);
        using var embedding = nn.Embedding(5, 2);
        using var layerNorm = nn.LayerNorm(3);
        using var groupNorm = nn.GroupNorm(2, 4);
        var x = randn(1, 2, 7);

        Assert.True(linear.call(ones(1, 3)).Equals(nn.functional.linear(ones(1, 3), linear.weight, linear.bias)));
        var padded = nn.functional.pad(x, (1, 1), PaddingModes.Reflect);
        Assert.True(conv.call(x).allclose(nn.functional.conv1d(padded, conv.weight, conv.bias)));
        Assert.Equal([1, 3, 14], transposed.call(x).shape);
        Assert.Equal([1, 3, 15], transposed.forward(x, [15]).shape);
        Assert.Throws<ArgumentException>(() => transposed.forward(x, [17]));
        Assert.Throws<ArgumentException>(() => conv.call(zeros(1, 3, 7)));
        Assert.True(embedding.call(tensor(new[] { 3L }))[0].Equals(embedding.weight![3]));
        Equal(layerNorm.call(ones(1, 3)), [1, 3], 0, 0, 0);
        Assert.Equal([1, 4, 3], groupNorm.call(randn(1, 4, 3)).shape);
        Assert.InRange(linear.weight.abs().max().item<float>(), 0, 1 / Math.Sqrt(3));
    }

    [Fact]
    public void Hooks_see_and_change_what_goes_in_and_out()
    {
        using var module = nn.Identity();
        var before = module.register_forward_pre_hook((_, input) => input + 1);
        var after = module.register_forward_hook((_, _, output) => output * 10);

        Equal(module.call(ones(1)), [1], 20);
        before.remove();
        Equal(module.call(ones(1)), [1], 10);
        after.remove();
        Equal(module.call(ones(1)), [1], 1);
    }

    [Fact]
    public void A_parameter_takes_over_its_tensor_and_outlives_the_scope_of_a_layer()
    {
        Linear linear;
        using (NewDisposeScope())
        {
            var data = zeros(2, 3);
            linear = nn.Linear(new Parameter(data));
            Assert.True(data.IsInvalid);
        }

        Assert.False(linear.weight.IsInvalid);
        Assert.True(linear.weight.requires_grad);
        Assert.Null(linear.bias);
        linear.Dispose();
        Assert.True(linear.weight.IsInvalid);
    }

    private sealed class Block : nn.Module<Tensor, Tensor>
    {
#pragma warning disable CA1823, IDE0052 // Fields are what names the weights.
        private readonly Parameter in_proj_weight = new(zeros(2, 2));

        [ComponentName(Name = "scale")]
        private readonly Parameter renamed = new(ones(1));

        private readonly Tensor table = tensor(new[] { 1L, 2L });

        public readonly ModuleList<Linear> layers = new(nn.Linear(3, 4), nn.Linear(4, 3, hasBias: false));

        private readonly Linear out_proj = nn.Linear(3, 2, hasBias: false);
#pragma warning restore CA1823, IDE0052

        public Block() : base(nameof(Block)) => RegisterComponents();

        public Parameter Scale => renamed;

        public Tensor Table => table;

        public override Tensor forward(Tensor input) => out_proj.call(layers[1].call(layers[0].call(input)) * renamed);
    }
}
