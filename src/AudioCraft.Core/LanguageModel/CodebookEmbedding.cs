using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.LanguageModel;

/// <summary>A vector for each entry of a codebook, and one more for the special token.</summary>
internal sealed class CodebookEmbedding : Module<Tensor, Tensor>
{
    private readonly Parameter weight;

    public CodebookEmbedding(long entries, long dim) : base(nameof(CodebookEmbedding))
    {
        weight = ParameterFactory.Normal(entries, dim);
        RegisterComponents();
    }

    /// <summary>The vectors [entries, dim].</summary>
    public Tensor Weight => weight;

    /// <summary>Codes [B, S] int64 → [B, S, dim].</summary>
    public override Tensor forward(Tensor codes)
    {
        using var scope = NewDisposeScope();
        return weight.index_select(0, codes.reshape(-1)).view(codes.size(0), codes.size(1), -1).MoveToOuterDisposeScope();
    }
}
