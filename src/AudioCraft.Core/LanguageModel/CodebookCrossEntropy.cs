using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>The training loss of a language model over codes: the cross entropy of each codebook and their mean (audiocraft/solvers/musicgen.py).</summary>
public static class CodebookCrossEntropy
{
    /// <summary>Computes the cross entropy of known codes.</summary>
    /// <param name="logits">[B, K, T, cardinality], as <see cref="LMModel.ComputePredictions(Tensor, ConditionTensors, bool)"/> returns them. Masked values may be NaN.</param>
    /// <param name="codes">[B, K, T] int64.</param>
    /// <param name="mask">[B, K, T] bool: true for the codes that contribute to the loss.</param>
    /// <returns>The mean over the codebooks, a differentiable scalar, and the cross entropy of each codebook [K], detached. A fully masked codebook has 0.</returns>
    /// <exception cref="ArgumentException">The shapes do not match.</exception>
    public static (Tensor Mean, Tensor PerCodebook) Compute(Tensor logits, Tensor codes, Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(codes);
        ArgumentNullException.ThrowIfNull(mask);
        if (logits.dim() != 4 || codes.dim() != 3 || codes.dtype != ScalarType.Int64 || mask.dtype != ScalarType.Bool
            || !codes.shape.SequenceEqual(logits.shape.Take(3)) || !mask.shape.SequenceEqual(codes.shape))
        {
            throw new ArgumentException(
                $"Logits [B, K, T, card], int64 codes [B, K, T] and a bool mask [B, K, T] are expected, not [{string.Join(", ", logits.shape)}], "
                + $"{codes.dtype} [{string.Join(", ", codes.shape)}] and {mask.dtype} [{string.Join(", ", mask.shape)}].", nameof(logits));
        }

        using var scope = NewDisposeScope();
        var each = new List<Tensor>();
        for (var k = 0L; k < codes.size(1); k++)
        {
            // Selecting the rows keeps NaN out of the gradients too.
            var counted = mask.select(1, k).reshape(-1).nonzero().squeeze(1);
            var own = logits.select(1, k).reshape(-1, logits.size(3)).index_select(0, counted);
            var target = codes.select(1, k).reshape(-1).index_select(0, counted).unsqueeze(1);
            using Scalar count = Math.Max(1, counted.size(0));
            each.Add(own.log_softmax(1).gather(1, target).sum().neg().div(count));
        }

        var all = stack(each);
        return (all.mean().MoveToOuterDisposeScope(), all.detach().MoveToOuterDisposeScope());
    }
}
