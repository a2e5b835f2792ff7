using System.Diagnostics.CodeAnalysis;

namespace AudioCraft;

/// <summary>
/// Element type of a language model. On a CPU it applies to the matrices; everything else, including activations, is float32.
/// On a GPU the whole model computes in it, up to the logits; tokens are sampled in float32.
/// </summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The names are those of element types.")]
public enum ModelPrecision
{
    /// <summary>float32: upstream's results on a CPU, token for token. CPU and GPU.</summary>
    Float32,

    /// <summary>bfloat16: half the memory, and on a CPU faster steps (1.8 to 1.9 times as fast as float32, benchmarks/README.md). CPU and GPU.</summary>
    BFloat16,

    /// <summary>int8 with a scale for each group of 128 weights: a quarter of the memory, and on a CPU a faster step (3.5 times as measured, benchmarks/README.md). CPU only.</summary>
    Int8,

    /// <summary>float16: half the memory, and upstream's type on a GPU. GPU only.</summary>
    Float16,
}
