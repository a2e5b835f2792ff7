using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Benchmarks.Baseline;

/// <summary>EnCodec's encoder and decoder as <c>torch.nn</c> modules.</summary>
internal static class PlainSeanet
{
    public static PlainChain Encoder(SEANetConfig config, ModelWeights weights)
    {
        string Next(List<Module<Tensor, Tensor>> layers) => $"encoder.model.{layers.Count}";
        var layers = new List<Module<Tensor, Tensor>>();
        layers.Add(new PlainConv1d(config, weights, Next(layers)));
        foreach (var ratio in config.Ratios.Reverse())
        {
            AddResiduals(layers, config, weights, "encoder");
            layers.Add(ELU());
            layers.Add(new PlainConv1d(config, weights, Next(layers), stride: ratio));
        }

        layers.Add(new PlainLstm(weights, Next(layers), config.LstmLayers));
        layers.Add(ELU());
        layers.Add(new PlainConv1d(config, weights, Next(layers)));
        return new PlainChain([.. layers]);
    }

    public static PlainChain Decoder(SEANetConfig config, ModelWeights weights)
    {
        string Next(List<Module<Tensor, Tensor>> layers) => $"decoder.model.{layers.Count}";
        var layers = new List<Module<Tensor, Tensor>>();
        layers.Add(new PlainConv1d(config, weights, Next(layers)));
        layers.Add(new PlainLstm(weights, Next(layers), config.LstmLayers));
        foreach (var ratio in config.Ratios)
        {
            layers.Add(ELU());
            layers.Add(new PlainConvTranspose1d(config, weights, Next(layers), ratio));
            AddResiduals(layers, config, weights, "decoder");
        }

        layers.Add(ELU());
        layers.Add(new PlainConv1d(config, weights, Next(layers)));
        return new PlainChain([.. layers]);
    }

    private static void AddResiduals(List<Module<Tensor, Tensor>> layers, SEANetConfig config, ModelWeights weights, string side)
    {
        var dilation = 1;
        for (var j = 0; j < config.ResidualLayers; j++, dilation *= config.DilationBase)
        {
            layers.Add(new PlainResidual(config, weights, $"{side}.model.{layers.Count}", dilation));
        }
    }

    private sealed class PlainResidual : Module<Tensor, Tensor>
    {
        private readonly PlainChain block;
        private readonly PlainConv1d? shortcut;

        public PlainResidual(SEANetConfig config, ModelWeights weights, string name, int dilation) : base(nameof(PlainResidual))
        {
            block = new PlainChain(
                ELU(), new PlainConv1d(config, weights, $"{name}.block.1", dilation: dilation), ELU(), new PlainConv1d(config, weights, $"{name}.block.3"));
            shortcut = config.TrueSkip ? null : new PlainConv1d(config, weights, $"{name}.shortcut");
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var branch = block.forward(input);
            return ((shortcut is null ? input : shortcut.forward(input)) + branch).MoveToOuterDisposeScope();
        }
    }

    private sealed class PlainLstm : Module<Tensor, Tensor>
    {
        private readonly LSTM lstm;

        public PlainLstm(ModelWeights weights, string name, int layers) : base(nameof(PlainLstm))
        {
            var width = weights[$"{name}.lstm.weight_hh_l0"].size(1);
            lstm = LSTM(width, width, layers);
            foreach (var (parameter, value) in lstm.named_parameters())
            {
                weights.Load(value, $"{name}.lstm.{parameter}");
            }

            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var steps = input.permute(2, 0, 1);
            var (output, _, _) = lstm.forward(steps);
            return (output + steps).permute(1, 2, 0).MoveToOuterDisposeScope();
        }
    }
}
