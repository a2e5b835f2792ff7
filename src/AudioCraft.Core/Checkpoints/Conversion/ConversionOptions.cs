using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Options of a conversion.</summary>
public sealed record ConversionOptions
{
    /// <summary>
    /// Element type of the language model's and the text encoder's weights in the result: float32, float16 or bfloat16; null to keep the stored type.
    /// The codec's weights keep their stored type: they are small, and its codes depend on their exact values.
    /// </summary>
    public ScalarType? DType { get; init; }

    /// <summary>Whether to replace an existing directory that is not empty.</summary>
    public bool Overwrite { get; init; }

    /// <summary>How to find the source and its text encoder.</summary>
    public PretrainedOptions Source { get; init; } = new();
}

/// <summary>The progress of a conversion.</summary>
/// <param name="File">The file that is being written.</param>
/// <param name="Bytes">Bytes of tensors written so far.</param>
/// <param name="TotalBytes">Bytes of all tensors.</param>
public sealed record ConversionProgress(string File, long Bytes, long TotalBytes);
