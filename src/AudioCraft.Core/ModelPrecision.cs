using System.Diagnostics.CodeAnalysis;

namespace AudioCraft;

/// <summary>
/// Element type in which a language model is kept. On a CPU it is that of the matrices, and everything else, and what is computed from them, is float32;
/// on a GPU the whole model computes in it, up to the logits: tokens are chosen in float32.
/// </summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "Element types are what the names are of.")]
public enum ModelPrecision
{
    /// <summary>float32: upstream's results on a CPU, token for token. Anywhere.</summary>
    Float32,

    /// <summary>bfloat16: half the memory, and on a CPU a faster step (1.2 to 1.6 times where it was measured, benchmarks/README.md). Anywhere.</summary>
    BFloat16,

    /// <summary>int8, each group of 128 weights with a scale of its own: a quarter of the memory, and on a CPU a faster step (3.5 times where it was measured, benchmarks/README.md). On the CPU.</summary>
    Int8,

    /// <summary>float16: half the memory, and what upstream generates in on a GPU. On a GPU.</summary>
    Float16,
}
