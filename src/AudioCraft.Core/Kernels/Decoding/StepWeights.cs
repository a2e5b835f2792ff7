using AudioCraft.LanguageModel;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using Linear = AudioCraft.Layers.Linear;

namespace AudioCraft.Kernels;

/// <summary>The weights of a language model in plain memory: views of the modules' own, which must not be moved, packed or disposed of meanwhile.</summary>
internal sealed unsafe class StepWeights
{
    private readonly Tensor[] tables;

    private StepWeights(Tensor[] tables, DecoderLayer[] layers, NormView outNorm, AffineView[] heads)
    {
        (this.tables, Layers, OutNorm, Heads) = (tables, layers, outNorm, heads);
        Embeddings = new float*[tables.Length];
        for (var k = 0; k < tables.Length; k++)
        {
            Embeddings[k] = (float*)WeightMatrix.Data(this.tables[k]);
        }
    }

    /// <summary>Tables [card + 1, dim], one a codebook.</summary>
    public float*[] Embeddings { get; }

    /// <summary>The transformer's layers.</summary>
    public DecoderLayer[] Layers { get; }

    /// <summary>The normalisation before the heads.</summary>
    public NormView OutNorm { get; }

    /// <summary>Output heads [card, dim], one a codebook.</summary>
    public AffineView[] Heads { get; }

    /// <summary>Views of a model's weights; null where one of them is not float32, or packed, on the CPU, or where nothing is normalised at the end.</summary>
    public static StepWeights? TryCreate(Tensor[] tables, StreamingTransformer transformer, LayerNorm? outNorm, IEnumerable<Linear> heads)
    {
        if (outNorm is null || !Array.TrueForAll(tables, table => table.dtype == ScalarType.Float32 && table.device_type == DeviceType.CPU && table.is_contiguous()))
        {
            return null;
        }

        var layers = transformer.Layers.Select(layer => layer.ForDecoding()).ToArray();
        var affine = heads.Select(head => AffineView.Of(head.Matrix, head.Bias)).ToArray();
        return Array.Exists(layers, layer => layer is null) || Array.Exists(affine, head => head is null)
            ? null
            : new StepWeights(tables, layers!, new NormView(outNorm), affine!);
    }
}
