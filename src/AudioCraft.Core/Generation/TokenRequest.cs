namespace AudioCraft.Generation;

/// <summary>The request of one window of the language model: a batch of token sequences to generate.</summary>
internal sealed record TokenRequest
{
    /// <summary>Number of items, B.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Frames of the result, including the prompt.</summary>
    public required int Frames { get; init; }

    /// <summary>The frames of the prompt, each [B, K]; empty without one.</summary>
    public IReadOnlyList<long[,]> Prompt { get; init; } = [];

    /// <summary>The conditions of each item; empty for a model without conditions.</summary>
    public ConditionTensors Conditions { get; init; }

    /// <summary>The sampling parameters.</summary>
    public required GenerationParams Parameters { get; init; }

    /// <summary>The random numbers of each item. They continue from window to window.</summary>
    public required RandomSequence[] Random { get; init; }
}
