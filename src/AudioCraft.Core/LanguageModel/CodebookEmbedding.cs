using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.LanguageModel;

/// <summary>The embeddings of a codebook's entries and of the special token.</summary>
internal sealed class CodebookEmbedding : Module<Tensor, Tensor>
{
    private readonly Parameter weight;

    public CodebookEmbedding(long count, long dim) : base(nameof(CodebookEmbedding))
    {
        weight = ParameterFactory.Normal(count, dim);
        RegisterComponents();
    }

    /// <summary>The embeddings [cardinality + 1, dim].</summary>
    public Tensor Weight => weight;

    /// <summary>Codes [B, S] int64 → [B, S, dim].</summary>
    public override Tensor forward(Tensor codes)
    {
        using var scope = NewDisposeScope();
        return weight.index_select(0, codes.reshape(-1)).view(codes.size(0), codes.size(1), -1).MoveToOuterDisposeScope();
    }
}
