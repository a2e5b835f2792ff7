using AudioCraft.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Formats;

/// <summary>Pointers to a weight and a bias.</summary>
internal readonly unsafe struct AffineWeights(float* weight, float* bias)
{
    public readonly float* Weight = weight;
    public readonly float* Bias = bias;
}

/// <summary>Pointers to the weights of a layer.</summary>
internal readonly record struct LayerWeights(
    AffineWeights Input, AffineWeights Output, AffineWeights Up, AffineWeights Down, AffineWeights AttentionNorm, AffineWeights FeedForwardNorm);

/// <summary>
/// The weights of an <see cref="EncodecLanguageModel"/> as float32 on the CPU: the memory of the parameters, or a copy if they have another type or device.
/// It keeps the memory alive until it is disposed, even if the model is disposed first.
/// </summary>
internal sealed unsafe class EncodecLanguageModelWeights : IDisposable
{
    private readonly List<Tensor> tensors = [];
    private readonly float*[] embeddings;

    public EncodecLanguageModelWeights(
        EncodecLanguageModelConfig config, IEnumerable<EmbeddingParameters> embeddings, TransformerParameters transformer, IEnumerable<LinearParameters> outputs)
    {
        Config = config;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        EmbeddingParameters[] tables = [.. embeddings];
        this.embeddings = new float*[tables.Length];
        for (var k = 0; k < tables.Length; k++)
        {
            this.embeddings[k] = Data(tables[k].Weight);
        }

        InputNorm = Of(transformer.InputNorm.Weight, transformer.InputNorm.Bias);
        Layers = [.. transformer.Layers.Select(Of)];
        Outputs = [.. outputs.Select(Of)];
        Periods = PeriodsOf(config);
    }

    public EncodecLanguageModelConfig Config { get; }

    public AffineWeights InputNorm { get; }

    public LayerWeights[] Layers { get; }

    /// <summary>One per codebook.</summary>
    public AffineWeights[] Outputs { get; }

    /// <summary>The divisors of the step number for the phases of the sinusoidal positions.</summary>
    public float[] Periods { get; }

    /// <summary>The embedding of an index of a codebook.</summary>
    public float* Embedding(int codebook, long index) => embeddings[codebook] + (index * Config.Dimension);

    public void Dispose()
    {
        tensors.ForEach(tensor => tensor.Dispose());
        tensors.Clear();
    }

    private LayerWeights Of(TransformerLayerParameters layer) => new(
        Of(layer.Attention.InputWeight, layer.Attention.InputBias),
        Of(layer.Attention.Output),
        Of(layer.Up),
        Of(layer.Down),
        Of(layer.AttentionNorm.Weight, layer.AttentionNorm.Bias),
        Of(layer.FeedForwardNorm.Weight, layer.FeedForwardNorm.Bias));

    private AffineWeights Of(LinearParameters linear) => Of(linear.Weight, linear.Bias);

    private AffineWeights Of(Tensor weight, Tensor bias) => new(Data(weight), Data(bias));

    private float* Data(Tensor parameter)
    {
        var tensor = parameter.detach().cpu().to(ScalarType.Float32).contiguous().DetachFromDisposeScope();
        tensors.Add(tensor);
        return TensorMemory.Float32(tensor);
    }

    /// <summary>MaxPeriod^(i / (D/2 − 1)) for each i below D/2, as upstream rounds it to float32.</summary>
    private static float[] PeriodsOf(EncodecLanguageModelConfig config)
    {
        var periods = new float[config.Dimension / 2];
        var longest = (float)config.MaxPeriod;
        for (var i = 0; i < periods.Length; i++)
        {
            var exponent = i / (float)(periods.Length - 1);
            periods[i] = i == 0 ? 1 : float.IsInfinity(longest) ? longest : (float)PortableMath.Exp(exponent * PortableMath.Log(longest));
        }

        return periods;
    }
}
