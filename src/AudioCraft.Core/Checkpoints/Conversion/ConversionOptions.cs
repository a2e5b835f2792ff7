using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>How a checkpoint is converted.</summary>
public sealed record ConversionOptions
{
    /// <summary>
    /// Element type of the language model's and the text encoder's weights in the result: float32, float16 or bfloat16; null for what they are stored as.
    /// The codec's weights stay as they are stored: they are few, and its codes depend on every bit of them.
    /// </summary>
    public ScalarType? DType { get; init; }

    /// <summary>Whether a directory that is there, with files in it, is replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>How the source is found, for names on the Hub and for the text encoder.</summary>
    public PretrainedOptions Source { get; init; } = new();
}

/// <summary>How far a conversion is.</summary>
/// <param name="File">The file that is being written.</param>
/// <param name="Bytes">Bytes of tensors that have been written.</param>
/// <param name="TotalBytes">Bytes of tensors that will be written.</param>
public sealed record ConversionProgress(string File, long Bytes, long TotalBytes);
