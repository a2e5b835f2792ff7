using System.Numerics;
using System.Runtime.InteropServices;
using AudioCraft.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>
/// The rows that the language model computes together, with their state. Classifier-free guidance needs several predictions for an item,
/// with and without its conditions: all rows in one pass, or in several passes (two-step guidance).
/// </summary>
internal sealed class GuidancePass : IDisposable
{
    private readonly LMModel model;
    private readonly GuidanceRow[] rows;
    private readonly LMState state;
    private readonly float[] logits;
    private readonly int codebooks;

    private GuidancePass(LMModel model, GuidanceRow[] rows, TokenRequest request, long maxSteps)
    {
        this.model = model;
        this.rows = rows;
        codebooks = model.NumCodebooks;
        logits = new float[rows.Length * codebooks * model.Config.Cardinality];
        using var scope = NewDisposeScope();
        var conditions = new ConditionTensors([.. request.Conditions.Items.Select(condition => ForRows(condition, request.Parameters))]);
        state = model.CreateState(rows.Length, maxSteps, conditions);
    }

    /// <summary>Creates the passes of a request. The caller disposes of them.</summary>
    public static IReadOnlyList<GuidancePass> Create(LMModel model, TokenRequest request, long maxSteps)
    {
        var parameters = request.Parameters;
        var isTwoStep = parameters.TwoStepCfg && parameters.CfgCoefBeta is null;
        var parts = ClassifierFreeGuidance.Rows(
            request.BatchSize, request.Conditions, parameters.CfgCoef, parameters.CfgCoefBeta, isTwoStep && parameters.UpstreamTextPadding);
        IReadOnlyList<IReadOnlyList<GuidanceRow>> groups = isTwoStep ? parts : [[.. parts.SelectMany(part => part)]];
        var passes = new List<GuidancePass>();
        try
        {
            foreach (var group in groups)
            {
                passes.Add(new GuidancePass(model, [.. group], request, maxSteps));
            }
        }
        catch
        {
            passes.ForEach(pass => pass.Dispose());
            throw;
        }

        return passes;
    }

    /// <summary>Computes the steps <paramref name="from"/> to <paramref name="to"/> (exclusive) of every row. <paramref name="sequences"/> holds the tokens [K, steps] of each item.</summary>
    public void Step(long[][,] sequences, int from, int to)
    {
        using var scope = NewDisposeScope();
        var tokens = new long[rows.Length * codebooks * (to - from)];
        var at = 0;
        foreach (var row in rows)
        {
            for (var k = 0; k < codebooks; k++)
            {
                for (var step = from; step < to; step++)
                {
                    tokens[at++] = sequences[row.Item][k, step];
                }
            }
        }

        if (to - from == 1 && state.CanDecode)
        {
            state.Decoder!.Step(tokens, logits);
            return;
        }

        var input = tensor(tokens, [rows.Length, codebooks, to - from], device: model.Device);
        model.Step(input, state).to(ScalarType.Float32).cpu().contiguous().data<float>().CopyTo(logits);
    }

    /// <summary>Adds the weighted logits of this pass's rows to an item's guided logits for a codebook. A token with a logit of -∞ in any row is excluded.</summary>
    /// <returns>Whether all logits of these rows are numbers below +∞.</returns>
    public bool AddTo(Span<float> guided, int item, int codebook)
    {
        var isValid = true;
        for (var r = 0; r < rows.Length; r++)
        {
            if (rows[r].Item == item)
            {
                isValid &= AddRow(guided, logits.AsSpan(((r * codebooks) + codebook) * guided.Length, guided.Length), (float)rows[r].Weight);
            }
        }

        return isValid;
    }

    /// <inheritdoc/>
    public void Dispose() => state.Dispose();

    private static bool AddRow(Span<float> guided, ReadOnlySpan<float> own, float weight)
    {
        var (i, isValid) = (0, true);
        if (Vector.IsHardwareAccelerated)
        {
            var sums = MemoryMarshal.Cast<float, Vector<float>>(guided);
            var terms = MemoryMarshal.Cast<float, Vector<float>>(own);
            var below = Vector<int>.AllBitsSet;
            for (var v = 0; v < sums.Length; v++)
            {
                below &= Vector.LessThan(terms[v], new Vector<float>(float.PositiveInfinity));

                // Weights can be negative, so that -∞ would become +∞ or NaN.
                var excluded = Vector.Equals(terms[v], new Vector<float>(float.NegativeInfinity));
                sums[v] = Vector.ConditionalSelect(excluded, terms[v], sums[v] + (weight * terms[v]));
            }

            isValid = Vector.EqualsAll(below, Vector<int>.AllBitsSet);
            i = sums.Length * Vector<float>.Count;
        }

        for (; i < guided.Length; i++)
        {
            isValid &= own[i] < float.PositiveInfinity;
            guided[i] = float.IsNegativeInfinity(own[i]) ? own[i] : guided[i] + (weight * own[i]);
        }

        return isValid;
    }

    // A row without a condition gets zeros of the condition's length. Upstream pads them to the longest of the batch, or, in the unconditional pass of
    // two-step guidance, uses a single position.
    private ConditionTensor ForRows(ConditionTensor condition, GenerationParams parameters)
    {
        bool Reads(GuidanceRow row) => ClassifierFreeGuidance.Reads(row.Kind, condition.Name);
        var padded = !Array.Exists(rows, Reads) && parameters.TwoStepCfg ? 1 : condition.Embeddings.size(1);
        long[] lengths = [.. rows.Select(row => parameters.UpstreamTextPadding ? padded : Math.Max(1, condition.Lengths[row.Item]))];
        var none = zeros_like(condition.Embeddings.select(0, 0));
        var embeddings = stack(rows.Select(row => Reads(row) ? condition.Embeddings.select(0, row.Item) : none));
        return new ConditionTensor(condition.Name, embeddings.narrow(1, 0, lengths.Max()), lengths);
    }
}
