using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Layers;

/// <summary>An embedding table with PyTorch's parameter name. Unlike <c>torch.nn.Embedding</c>, it is not initialized if a checkpoint is about to overwrite it.</summary>
internal sealed class Embedding : Module<Tensor, Tensor>
{
    private readonly Parameter weight;

    /// <param name="count">Number of embeddings.</param>
    /// <param name="dim">Size of an embedding.</param>
    public Embedding(long count, long dim) : base(nameof(Embedding))
    {
        weight = ParameterFactory.Normal(count, dim);
        RegisterComponents();
    }

    /// <summary>The embeddings [count, dim].</summary>
    public Tensor Weight => weight;

    /// <summary>Indexes [B, T] int64 → [B, T, dim].</summary>
    public override Tensor forward(Tensor indexes)
    {
        using var flat = indexes.reshape(-1);
        using var rows = weight.index_select(0, flat);
        return rows.view(indexes.size(0), indexes.size(1), -1);
    }
}
