using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Formats;

// These modules only hold the parameters of an EncodecLanguageModel, under the names of encodec/modules/transformer.py.
// EncodecLanguageModelStream computes with them.

/// <summary>Weight [outputs, inputs] and bias.</summary>
internal sealed class LinearParameters : nn.Module
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    public LinearParameters(long inputs, long outputs) : base(nameof(LinearParameters))
    {
        weight = ParameterFactory.FanIn(inputs, outputs, inputs);
        bias = ParameterFactory.FanIn(inputs, outputs);
        RegisterComponents();
    }

    public Tensor Weight => weight;

    public Tensor Bias => bias;
}

/// <summary>Scale and shift of a layer normalization.</summary>
internal sealed class LayerNormParameters : nn.Module
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    public LayerNormParameters(long size) : base(nameof(LayerNormParameters))
    {
        weight = ParameterFactory.Constant(1, size);
        bias = ParameterFactory.Constant(0, size);
        RegisterComponents();
    }

    public Tensor Weight => weight;

    public Tensor Bias => bias;
}

/// <summary>One vector per code.</summary>
internal sealed class EmbeddingParameters : nn.Module
{
    private readonly Parameter weight;

    public EmbeddingParameters(long rows, long width) : base(nameof(EmbeddingParameters))
    {
        weight = ParameterFactory.Normal(rows, width);
        RegisterComponents();
    }

    public Tensor Weight => weight;
}

/// <summary>Queries, keys and values in one matrix, as in <c>torch.nn.MultiheadAttention</c>, and the output projection.</summary>
internal sealed class SelfAttentionParameters : nn.Module
{
    private readonly Parameter in_proj_weight;
    private readonly Parameter in_proj_bias;
    private readonly LinearParameters out_proj;

    public SelfAttentionParameters(int dimension) : base(nameof(SelfAttentionParameters))
    {
        in_proj_weight = ParameterFactory.FanIn(dimension, 3L * dimension, dimension);
        in_proj_bias = ParameterFactory.Constant(0, 3L * dimension);
        out_proj = new LinearParameters(dimension, dimension);
        RegisterComponents();
    }

    public Tensor InputWeight => in_proj_weight;

    public Tensor InputBias => in_proj_bias;

    public LinearParameters Output => out_proj;
}

/// <summary>A transformer layer that normalizes after each part (Vaswani et al. 2017).</summary>
internal sealed class TransformerLayerParameters : nn.Module
{
    private readonly SelfAttentionParameters self_attn;
    private readonly LinearParameters linear1;
    private readonly LinearParameters linear2;
    private readonly LayerNormParameters norm1;
    private readonly LayerNormParameters norm2;

    public TransformerLayerParameters(int dimension, int hidden) : base(nameof(TransformerLayerParameters))
    {
        self_attn = new SelfAttentionParameters(dimension);
        linear1 = new LinearParameters(dimension, hidden);
        linear2 = new LinearParameters(hidden, dimension);
        norm1 = new LayerNormParameters(dimension);
        norm2 = new LayerNormParameters(dimension);
        RegisterComponents();
    }

    public SelfAttentionParameters Attention => self_attn;

    public LinearParameters Up => linear1;

    public LinearParameters Down => linear2;

    public LayerNormParameters AttentionNorm => norm1;

    public LayerNormParameters FeedForwardNorm => norm2;
}

/// <summary>The normalization of the input and the layers.</summary>
internal sealed class TransformerParameters : nn.Module
{
    private readonly LayerNormParameters norm_in;
    private readonly ModuleList<TransformerLayerParameters> layers;

    public TransformerParameters(EncodecLanguageModelConfig config) : base(nameof(TransformerParameters))
    {
        norm_in = new LayerNormParameters(config.Dimension);
        layers = new ModuleList<TransformerLayerParameters>(
            [.. Enumerable.Range(0, config.Layers).Select(_ => new TransformerLayerParameters(config.Dimension, config.HiddenDimension))]);
        RegisterComponents();
    }

    public LayerNormParameters InputNorm => norm_in;

    public IReadOnlyList<TransformerLayerParameters> Layers => [.. layers];
}
