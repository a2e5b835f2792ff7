using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>What the text of each item says, as cross attention reads it.</summary>
/// <param name="Embeddings">[B, Tc, dim]; positions past an item's length are zero.</param>
/// <param name="Lengths">Positions of each item that belong to its text; 0 for an item without text.</param>
internal sealed record TextCondition(Tensor Embeddings, IReadOnlyList<long> Lengths)
{
    /// <summary>Whether an item has no text, so that guidance has nothing to follow.</summary>
    public bool IsNull(int item) => Lengths[item] == 0;
}

/// <summary>A batch of token sequences to be generated in one window.</summary>
internal sealed record TokenRequest
{
    /// <summary>Items, B.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Frames of the result, the prompt's included.</summary>
    public required int Frames { get; init; }

    /// <summary>Codes [B, K, T] int64 that the result begins with, or null.</summary>
    public Tensor? Prompt { get; init; }

    /// <summary>The texts, or null for a model without conditions.</summary>
    public TextCondition? Condition { get; init; }

    /// <summary>How tokens are chosen.</summary>
    public required GenerationParams Parameters { get; init; }

    /// <summary>The random numbers of each item; they go on from window to window.</summary>
    public required DrawSequence[] Draws { get; init; }
}
