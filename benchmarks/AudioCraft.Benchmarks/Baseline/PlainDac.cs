using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Benchmarks.Baseline;

/// <summary>DAC as <c>torch.nn</c> modules with the weights of one of our models. Call it under <c>no_grad</c>.</summary>
internal sealed class PlainDac : IDisposable
{
    private readonly DacConfig config;
    private readonly PlainChain encoder;
    private readonly PlainChain decoder;
    private readonly Stage[] stages;

    public PlainDac(DacModel model)
    {
        config = model.Config;
        var weights = new ModelWeights(model);
        encoder = BuildEncoder(config, weights);
        decoder = BuildDecoder(config, weights);
        encoder.eval();
        decoder.eval();
        stages = [.. Enumerable.Range(0, config.NumCodebooks).Select(k => new Stage(weights, $"quantizer.quantizers.{k}"))];
    }

    /// <summary>[B, 1, T], T whole frames → [B, D, F].</summary>
    public Tensor Latent(Tensor sound) => encoder.forward(sound);

    /// <summary>[B, 1, T] → codes [B, K, F].</summary>
    public Tensor Encode(Tensor sound)
    {
        using var scope = NewDisposeScope();
        var lacking = (config.HopLength - (sound.size(-1) % config.HopLength)) % config.HopLength;
        var residual = encoder.forward(lacking == 0 ? sound : functional.pad(sound, (0, lacking)));
        var codes = new List<Tensor>();
        foreach (var stage in stages)
        {
            var chosen = stage.Choose(residual);
            residual = residual - stage.Restore(chosen);
            codes.Add(chosen);
        }

        return stack(codes, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Codes [B, K, F] → [B, 1, T].</summary>
    public Tensor Decode(Tensor codes)
    {
        using var scope = NewDisposeScope();
        var latent = stages[0].Restore(codes.select(1, 0));
        for (var k = 1; k < stages.Length; k++)
        {
            latent = latent + stages[k].Restore(codes.select(1, k));
        }

        return decoder.forward(latent).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        encoder.Dispose();
        decoder.Dispose();
        foreach (var stage in stages)
        {
            stage.Dispose();
        }
    }

    private static PlainChain BuildEncoder(DacConfig config, ModelWeights weights)
    {
        var layers = new List<Module<Tensor, Tensor>> { Convolution(weights, "encoder.block.0", padding: 3) };
        foreach (var rate in config.EncoderRates)
        {
            var block = $"encoder.block.{layers.Count}.block";
            layers.Add(new PlainChain(
                new Residual(weights, $"{block}.0", 1),
                new Residual(weights, $"{block}.1", 3),
                new Residual(weights, $"{block}.2", 9),
                new Snake(weights, $"{block}.3"),
                Convolution(weights, $"{block}.4", rate, (rate + 1) / 2)));
        }

        layers.Add(new Snake(weights, $"encoder.block.{layers.Count}"));
        layers.Add(Convolution(weights, $"encoder.block.{layers.Count}", padding: 1));
        return new PlainChain([.. layers]);
    }

    private static PlainChain BuildDecoder(DacConfig config, ModelWeights weights)
    {
        var layers = new List<Module<Tensor, Tensor>> { Convolution(weights, "decoder.model.0", padding: 3) };
        foreach (var rate in config.DecoderRates)
        {
            var block = $"decoder.model.{layers.Count}.block";
            layers.Add(new PlainChain(
                new Snake(weights, $"{block}.0"),
                Transposed(weights, $"{block}.1", rate),
                new Residual(weights, $"{block}.2", 1),
                new Residual(weights, $"{block}.3", 3),
                new Residual(weights, $"{block}.4", 9)));
        }

        layers.Add(new Snake(weights, $"decoder.model.{layers.Count}"));
        layers.Add(Convolution(weights, $"decoder.model.{layers.Count}", padding: 3));
        layers.Add(Tanh());
        return new PlainChain([.. layers]);
    }

    private static Conv1d Convolution(ModelWeights weights, string name, long stride = 1, long padding = 0, long dilation = 1)
    {
        var shape = weights[$"{name}.weight"].shape;
        var conv = Conv1d(shape[1], shape[0], shape[2], stride, padding, dilation);
        weights.Load(conv.weight, $"{name}.weight");
        weights.Load(conv.bias, $"{name}.bias");
        return conv;
    }

    private static ConvTranspose1d Transposed(ModelWeights weights, string name, long stride)
    {
        var shape = weights[$"{name}.weight"].shape;
        var conv = ConvTranspose1d(shape[0], shape[1], shape[2], stride, (stride + 1) / 2);
        weights.Load(conv.weight, $"{name}.weight");
        weights.Load(conv.bias, $"{name}.bias");
        return conv;
    }

    private sealed class Snake : Module<Tensor, Tensor>
    {
        private readonly Tensor alpha;
        private readonly Tensor reciprocal;

        public Snake(ModelWeights weights, string name) : base(nameof(Snake))
        {
            using var guard = no_grad();
            alpha = weights[$"{name}.alpha"].detach().clone();
            reciprocal = (alpha + 1e-9f).reciprocal();
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return (input + (reciprocal * (input * alpha).sin().pow(2))).MoveToOuterDisposeScope();
        }
    }

    private sealed class Residual : Module<Tensor, Tensor>
    {
        private readonly PlainChain block;

        public Residual(ModelWeights weights, string name, int dilation) : base(nameof(Residual))
        {
            block = new PlainChain(
                new Snake(weights, $"{name}.block.0"),
                Convolution(weights, $"{name}.block.1", padding: 3 * dilation, dilation: dilation),
                new Snake(weights, $"{name}.block.2"),
                Convolution(weights, $"{name}.block.3"));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var branch = block.forward(input);
            return input + branch;
        }
    }

    /// <summary>One codebook with its projections.</summary>
    private sealed class Stage : IDisposable
    {
        private readonly Conv1d into;
        private readonly Conv1d back;
        private readonly Tensor entries;
        private readonly Tensor directions;

        public Stage(ModelWeights weights, string name)
        {
            using var guard = no_grad();
            into = Convolution(weights, $"{name}.in_proj");
            back = Convolution(weights, $"{name}.out_proj");
            entries = weights[$"{name}.codebook.weight"];
            directions = functional.normalize(entries).t();
        }

        public Tensor Choose(Tensor residual)
        {
            using var scope = NewDisposeScope();
            var rows = into.forward(residual).transpose(1, 2);
            return functional.normalize(rows, dim: -1).matmul(directions).argmax(-1).MoveToOuterDisposeScope();
        }

        public Tensor Restore(Tensor codes)
        {
            using var scope = NewDisposeScope();
            return back.forward(ModelWeights.Lookup(entries, codes).transpose(1, 2)).MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
            into.Dispose();
            back.Dispose();
            directions.Dispose();
        }
    }
}
