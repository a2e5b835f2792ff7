using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>How a pretrained model is loaded.</summary>
public sealed record PretrainedOptions
{
    /// <summary>Where to compute; null for CUDA if there is one, else the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>
    /// Directory of the text encoder (a Hugging Face T5: <c>config.json</c>, <c>model.safetensors</c> or <c>pytorch_model.bin</c>, <c>spiece.model</c>);
    /// null for the folder <c>t5</c> inside the checkpoint's directory.
    /// </summary>
    public string? TextEncoder { get; init; }

    /// <summary>
    /// What a language model's matrices are kept in on a CPU. Less than <see cref="ModelPrecision.Float32"/> is faster and smaller, no longer upstream's token for token,
    /// and for generation only: such a model cannot be trained, moved or saved.
    /// </summary>
    public ModelPrecision Precision { get; init; } = ModelPrecision.Float32;

    /// <summary>Where to log, or null.</summary>
    public ILogger? Logger { get; init; }

    internal Device ResolvedDevice => Device ?? (TorchSharp.torch.cuda.is_available() ? TorchSharp.torch.CUDA : TorchSharp.torch.CPU);
}
