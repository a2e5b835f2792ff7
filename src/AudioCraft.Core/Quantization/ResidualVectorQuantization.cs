using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Quantization;

/// <summary>Stages that each code what the ones before left over (Zeghidour et al. 2021, algorithm 1).</summary>
internal sealed class ResidualVectorQuantization : Module
{
    private readonly ModuleList<VectorQuantization> layers;

    /// <param name="dimension">Size of a vector.</param>
    /// <param name="stages">Number of codebooks.</param>
    /// <param name="bins">Entries of each.</param>
    /// <param name="kmeansInit">Whether the first training batch is to give the entries.</param>
    public ResidualVectorQuantization(int dimension, int stages, int bins, bool kmeansInit) : base(nameof(ResidualVectorQuantization))
    {
        layers = new ModuleList<VectorQuantization>(
            [.. Enumerable.Range(0, stages).Select(_ => new VectorQuantization(dimension, bins, kmeansInit))]);
        RegisterComponents();
    }

    /// <summary>The type of the codebooks.</summary>
    public ScalarType ElementType => layers[0].ElementType;

    /// <summary>Codes of the first <paramref name="stages"/> codebooks: [B, D, F] → [B, stages, F].</summary>
    public Tensor Encode(Tensor x, int stages)
    {
        using var scope = NewDisposeScope();
        var (batch, frames) = (x.size(0), x.size(2));
        var residual = x.transpose(1, 2).reshape(batch * frames, -1);
        var codes = new List<Tensor>();
        for (var k = 0; k < stages; k++)
        {
            var indices = layers[k].Encode(residual);
            codes.Add(indices.view(batch, frames));
            if (k + 1 < stages)
            {
                using var quantized = layers[k].Decode(indices);
                using var previous = residual;
                residual = previous - quantized;
            }
        }

        return stack(codes, 1).MoveToOuterDisposeScope();
    }

    /// <summary>The sum of the entries: codes [B, K, F] → [B, D, F].</summary>
    public Tensor Decode(Tensor codes)
    {
        using var scope = NewDisposeScope();
        var (batch, frames) = (codes.size(0), codes.size(2));
        var sum = layers[0].Decode(codes.select(1, 0).reshape(-1));
        for (var k = 1; k < codes.size(1); k++)
        {
            using var next = layers[k].Decode(codes.select(1, k).reshape(-1));
            sum.add_(next);
        }

        return sum.view(batch, frames, -1).transpose(1, 2).contiguous().MoveToOuterDisposeScope();
    }
}
