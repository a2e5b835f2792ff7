using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>A row of a table for each number; <c>torch.nn.Embedding</c> would fill the table before a checkpoint overwrites it.</summary>
internal sealed class T5Embedding : Module<Tensor, Tensor>
{
    private readonly Parameter weight;

    public T5Embedding(long rows, long width) : base(nameof(T5Embedding))
    {
        weight = ParameterFactory.Normal(rows, width);
        RegisterComponents();
    }

    /// <summary>Numbers [N], int64 → rows [N, width].</summary>
    public override Tensor forward(Tensor input) => weight.index_select(0, input);
}
