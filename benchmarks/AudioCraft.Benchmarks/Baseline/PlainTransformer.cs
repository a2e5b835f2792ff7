using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Benchmarks.Baseline;

/// <summary>
/// The language model of MusicGen and AudioGen in plain TorchSharp: <c>F.linear</c>, <c>F.layer_norm</c>, <c>scaled_dot_product_attention</c>, a key-value cache, and keys and values of the text
/// that are computed once. It shares the weights of one of our models, so that both fit into memory. Call it under <c>no_grad</c>.
/// </summary>
internal sealed class PlainTransformer : IDisposable
{
    private const double Guidance = 3;
    private const int TopK = 250;

    private readonly LMConfig config;
    private readonly Tensor[] embeddings;
    private readonly Layer[] layers;
    private readonly (Tensor Weight, Tensor Bias) norm;
    private readonly Tensor[] heads;

    public PlainTransformer(LMModel model)
    {
        config = model.Config;
        var weights = new ModelWeights(model);
        embeddings = [.. Enumerable.Range(0, config.NumCodebooks).Select(k => weights[$"emb.{k}.weight"])];
        layers = [.. Enumerable.Range(0, config.NumLayers).Select(i => new Layer(config, weights, $"transformer.layers.{i}"))];
        norm = (weights["out_norm.weight"], weights["out_norm.bias"]);
        heads = [.. Enumerable.Range(0, config.NumCodebooks).Select(k => weights[$"linears.{k}.weight"])];
    }

    /// <summary>Starts sequences of at most <paramref name="steps"/> steps: one row with the text of each item, followed by one row without text for each.</summary>
    /// <param name="text">[B, n, dim].</param>
    /// <param name="steps">The maximum number of steps.</param>
    public State Start(Tensor text, int steps)
    {
        using var scope = NewDisposeScope();
        var both = cat([text, zeros_like(text)], 0);
        return new State([.. layers.Select(layer => layer.Start(both, steps))], Positions(steps).DetachFromDisposeScope());
    }

    /// <summary>The tokens [B, K] of a step → guided logits [B, K, card] of the following step.</summary>
    public Tensor Step(Tensor tokens, State state)
    {
        using var scope = NewDisposeScope();
        var rows = cat([tokens, tokens], 0);
        var x = ModelWeights.Lookup(embeddings[0], rows.narrow(1, 0, 1));
        for (var k = 1; k < embeddings.Length; k++)
        {
            x = x + ModelWeights.Lookup(embeddings[k], rows.narrow(1, k, 1));
        }

        x = x + state.Positions.narrow(0, state.Length, 1);
        for (var i = 0; i < layers.Length; i++)
        {
            x = layers[i].Step(x, state.Layers[i], state.Length);
        }

        state.Length++;
        x = functional.layer_norm(x, [config.Dim], norm.Weight, norm.Bias);
        var logits = cat([.. heads.Select(head => functional.linear(x, head))], 1).chunk(2, 0);
        return (logits[1] + (Guidance * (logits[0] - logits[1]))).MoveToOuterDisposeScope();
    }

    /// <summary>Generates codes [B, K, frames] with the delay pattern and top-k sampling.</summary>
    public Tensor Generate(Tensor text, int frames)
    {
        using var scope = NewDisposeScope();
        var codebooks = config.NumCodebooks;
        var sequence = full([text.size(0), codebooks, frames + codebooks], config.Cardinality, ScalarType.Int64);
        using var state = Start(text, frames + codebooks - 1);
        for (var step = 0; step < frames + codebooks - 1; step++)
        {
            using var one = NewDisposeScope();
            var chosen = Sample(Step(sequence.select(2, step), state));

            // Codebook k is delayed by k steps.
            var first = Math.Max(0, step + 1 - frames);
            var count = Math.Min(codebooks, step + 1) - first;
            sequence.select(2, step + 1).narrow(1, first, count).copy_(chosen.narrow(1, first, count));
        }

        return stack(Enumerable.Range(0, codebooks).Select(k => sequence.select(1, k).narrow(1, k + 1, frames)), 1).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var layer in layers)
        {
            layer.Dispose();
        }
    }

    private Tensor Sample(Tensor logits)
    {
        var (values, indices) = logits.topk(Math.Min(TopK, config.Cardinality));
        var drawn = values.softmax(-1).flatten(0, 1).multinomial(1).view(logits.size(0), logits.size(1), 1);
        return indices.gather(-1, drawn).squeeze(-1);
    }

    private Tensor Positions(int steps)
    {
        var half = config.Dim / 2;
        var phase = arange(steps, dtype: ScalarType.Float32).unsqueeze(1)
            / full([half], 10000, ScalarType.Float32).pow(arange(half, dtype: ScalarType.Float32) / (half - 1));
        return cat([phase.cos(), phase.sin()], -1);
    }

    /// <summary>The state of a generation. It is independent of dispose scopes.</summary>
    public sealed record State(LayerState[] Layers, Tensor Positions) : IDisposable
    {
        public int Length { get; set; }

        public void Dispose()
        {
            Positions.Dispose();
            foreach (var layer in Layers)
            {
                layer.Keys.Dispose();
                layer.Values.Dispose();
                layer.TextKeys.Dispose();
                layer.TextValues.Dispose();
            }
        }
    }

    /// <summary>Keys and values of a layer [rows, heads, steps, size], allocated for all steps, which is faster than <c>torch.cat</c> in each step.</summary>
    public sealed record LayerState(Tensor Keys, Tensor Values, Tensor TextKeys, Tensor TextValues);

    private sealed class Layer : IDisposable
    {
        private readonly long dim;
        private readonly long heads;
        private readonly Tensor projection;
        private readonly Tensor output;
        private readonly Tensor[] crossProjection;
        private readonly Tensor crossOutput;
        private readonly Tensor up;
        private readonly Tensor down;
        private readonly (Tensor Weight, Tensor Bias) norm1;
        private readonly (Tensor Weight, Tensor Bias) normCross;
        private readonly (Tensor Weight, Tensor Bias) norm2;

        public Layer(LMConfig config, ModelWeights weights, string name)
        {
            (Tensor, Tensor) Norm(string norm) => (weights[$"{name}.{norm}.weight"], weights[$"{name}.{norm}.bias"]);
            (dim, heads) = (config.Dim, config.NumHeads);
            projection = weights[$"{name}.self_attn.in_proj_weight"];
            output = weights[$"{name}.self_attn.out_proj.weight"];
            crossProjection = weights[$"{name}.cross_attention.in_proj_weight"].chunk(3, 0);
            crossOutput = weights[$"{name}.cross_attention.out_proj.weight"];
            (up, down) = (weights[$"{name}.linear1.weight"], weights[$"{name}.linear2.weight"]);
            (norm1, normCross, norm2) = (Norm("norm1"), Norm("norm_cross"), Norm("norm2"));
        }

        public LayerState Start(Tensor text, int steps)
        {
            using var scope = NewDisposeScope();
            Tensor Room() => empty(text.size(0), heads, steps, dim / heads).DetachFromDisposeScope();
            Tensor Project(Tensor weight) => Heads(functional.linear(text, weight)).contiguous().DetachFromDisposeScope();
            return new LayerState(Room(), Room(), Project(crossProjection[1]), Project(crossProjection[2]));
        }

        public Tensor Step(Tensor x, LayerState state, int position)
        {
            var parts = functional.linear(Normalized(x, norm1), projection).chunk(3, -1);
            state.Keys.narrow(2, position, 1).copy_(Heads(parts[1]));
            state.Values.narrow(2, position, 1).copy_(Heads(parts[2]));
            var attended = functional.scaled_dot_product_attention(
                Heads(parts[0]), state.Keys.narrow(2, 0, position + 1), state.Values.narrow(2, 0, position + 1));
            x = x + functional.linear(Merged(attended), output);
            var query = Heads(functional.linear(Normalized(x, normCross), crossProjection[0]));
            x = x + functional.linear(Merged(functional.scaled_dot_product_attention(query, state.TextKeys, state.TextValues)), crossOutput);
            return x + functional.linear(functional.gelu(functional.linear(Normalized(x, norm2), up)), down);
        }

        public void Dispose()
        {
            foreach (var part in crossProjection)
            {
                part.Dispose();
            }
        }

        private Tensor Normalized(Tensor x, (Tensor Weight, Tensor Bias) norm) => functional.layer_norm(x, [dim], norm.Weight, norm.Bias);

        private Tensor Heads(Tensor x) => x.view(x.size(0), x.size(1), heads, dim / heads).transpose(1, 2);

        private static Tensor Merged(Tensor x) => x.transpose(1, 2).flatten(2);
    }
}
