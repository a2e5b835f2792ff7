using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>A batch of token sequences to be generated in one window.</summary>
internal sealed record TokenRequest
{
    /// <summary>Items, B.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Frames of the result, the prompt's included.</summary>
    public required int Frames { get; init; }

    /// <summary>Codes [B, K, T] int64 that the result begins with, or null.</summary>
    public Tensor? Prompt { get; init; }

    /// <summary>What the conditions say of each item; none for a model without, or to leave out what is put before the sequence.</summary>
    public ConditionTensors Conditions { get; init; }

    /// <summary>How tokens are chosen.</summary>
    public required GenerationParams Parameters { get; init; }

    /// <summary>The random numbers of each item; they go on from window to window.</summary>
    public required DrawSequence[] Draws { get; init; }
}
