using AudioCraft.Conditioning;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// What a language model over codes is trained on: the mean over the codebooks of the cross entropy of each (audiocraft/solvers/musicgen.py). It is the same number as
/// <see cref="CodebookCrossEntropy"/> gives for <see cref="LMModel.ComputePredictions(Tensor, ConditionTensors, bool)"/>, but the logits stay where the transformer
/// leaves them, in the order of the sequence, instead of being brought back to the order of the codes; that saves a third of a step's time on a CPU.
/// </summary>
internal static class SequenceCrossEntropy
{
    private const long Ignored = -100;

    /// <summary>A batch as the sequence that is read, and the codes that are to follow each step.</summary>
    /// <param name="Input">[B, K, S] codes or the special token.</param>
    /// <param name="Targets">[K, B, S] codes, or <see cref="Ignored"/> where nothing is predicted.</param>
    /// <param name="Steps">S.</param>
    /// <param name="Counts">How many codes of each codebook are predicted.</param>
    internal sealed record Sequences(long[] Input, long[] Targets, int Steps, long[] Counts);

    /// <summary>Lays a batch out by the model's pattern.</summary>
    /// <exception cref="ArgumentException">The model's pattern does not begin with the special token.</exception>
    public static Sequences Lay(LMModel model, CodeBatch batch)
    {
        var pattern = model.PatternProvider.GetPattern(batch.Frames);
        if (!pattern.StartsWithSpecialToken)
        {
            throw new ArgumentException("The model's pattern leaves the special token out, so that nothing comes before its first codes: it cannot be trained.", nameof(model));
        }

        var (count, special, frames) = (model.NumCodebooks, model.SpecialToken, batch.Frames);
        var index = pattern.SequenceIndexes(frames, keepOnlyValidSteps: true);
        var steps = index.GetLength(1) - 1;
        var items = batch.Texts.Count;
        var input = new long[items * count * steps];
        var targets = new long[items * count * steps];
        var counts = new long[count];
        for (var b = 0; b < items; b++)
        {
            for (var k = 0; k < count; k++)
            {
                var heard = batch.Heard.AsSpan(b * count * frames, count * frames);
                var own = batch.Codes.AsSpan(b * count * frames, count * frames);
                for (var s = 0; s < steps; s++)
                {
                    input[(((b * count) + k) * steps) + s] = index[k, s] < 0 ? special : heard[index[k, s]];
                    var next = index[k, s + 1] < 0 ? special : own[index[k, s + 1]];
                    targets[(((k * items) + b) * steps) + s] = next == special ? Ignored : next;
                    counts[k] += next == special ? 0 : 1;
                }
            }
        }

        return new Sequences(input, targets, steps, counts);
    }

    /// <summary>The loss of a part of a batch.</summary>
    /// <param name="model">The model.</param>
    /// <param name="part">Sounds of the part.</param>
    /// <param name="counts">How many codes of each codebook the whole batch predicts: the parts' losses add up to the batch's.</param>
    /// <param name="precision">What the language model multiplies in; null for its weights' type.</param>
    /// <param name="shares">What each codebook counts in the loss, 1 in all; null for all alike.</param>
    /// <returns>The loss, through which gradients flow, and the part of each codebook's cross entropy.</returns>
    public static (Tensor Loss, double[] PerCodebook) Compute(LMModel model, CodeBatch part, long[] counts, ScalarType? precision = null, IReadOnlyList<double>? shares = null)
    {
        using var scope = NewDisposeScope();
        var laid = Lay(model, part);
        var (items, codebooks) = (part.Texts.Count, model.NumCodebooks);
        var input = tensor(laid.Input, [items, codebooks, laid.Steps], device: model.Device);
        var targets = tensor(laid.Targets, [codebooks, items * laid.Steps], device: model.Device);
        var conditions = TextConditionEncoder.Encode(model, part.Texts);
        using var mixed = new MixedPrecision(precision);
        var hidden = model.Hidden(input, conditions);
        var losses = new List<Tensor>();
        for (var k = 0; k < codebooks; k++)
        {
            var logits = model.Logits(k, hidden).view(-1, model.Config.Cardinality).to(ScalarType.Float32);
            losses.Add(functional.cross_entropy(logits, targets[k], ignore_index: Ignored, reduction: Reduction.Sum) / Math.Max(1, counts[k]));
        }

        var each = stack(losses);
        var loss = shares is null ? each.mean() : (each * tensor(shares.Select(s => (float)s).ToArray(), device: each.device)).sum();
        return (loss.MoveToOuterDisposeScope(), each.detach().to(ScalarType.Float64).cpu().data<double>().ToArray());
    }
}
