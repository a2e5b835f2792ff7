using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>One row of a pass: which item's tokens it reads, and whether it reads the item's text or none.</summary>
internal readonly record struct GuidanceRow(int Item, bool WithText);

/// <summary>
/// Rows that go through the language model together, and what it remembers of them. Classifier-free guidance needs two predictions for an item,
/// with its text and without; both in one pass, or in two passes one after the other, or a single one where the other would not count.
/// </summary>
internal sealed class GuidancePass : IDisposable
{
    private readonly LMModel model;
    private readonly GuidanceRow[] rows;
    private readonly TransformerState state;
    private readonly float[] logits;
    private readonly int codebooks;

    private GuidancePass(LMModel model, GuidanceRow[] rows, TokenRequest request, long maxSteps)
    {
        this.model = model;
        this.rows = rows;
        codebooks = model.NumCodebooks;
        logits = new float[rows.Length * codebooks * model.Config.Cardinality];
        using var scope = NewDisposeScope();
        var (condition, mask) = request.Condition is null ? (null, null) : Condition(request.Condition, request.Parameters.UpstreamTextPadding);
        state = model.CreateState(rows.Length, maxSteps, condition, mask);
    }

    /// <summary>The passes that a request needs. The caller disposes of them.</summary>
    public static IReadOnlyList<GuidancePass> Create(LMModel model, TokenRequest request, long maxSteps)
    {
        var parts = PlanRows(request.BatchSize, request.Condition, request.Parameters.CfgCoef);
        IReadOnlyList<IReadOnlyList<GuidanceRow>> groups = request.Parameters.TwoStepCfg ? parts : [[.. parts.SelectMany(part => part)]];
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

    /// <summary>
    /// The rows that guidance with a coefficient needs: one for each item, and a second list with another for the items that it changes.
    /// At coefficient 1 the prediction without text has no weight, at 0 the one with it, and without a text both are the same.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<GuidanceRow>> PlanRows(int items, TextCondition? condition, double coefficient)
    {
        bool HasText(int item) => condition is not null && !condition.IsNull(item);
        var all = Enumerable.Range(0, items);
        var first = all.Select(item => new GuidanceRow(item, HasText(item) && coefficient != 0)).ToArray();
        var second = all.Where(item => HasText(item) && coefficient is not (0 or 1)).Select(item => new GuidanceRow(item, false)).ToArray();
        return second.Length == 0 ? [first] : [first, second];
    }

    /// <summary>Takes the next steps of every row. <paramref name="sequences"/> holds, for each item, its tokens [K, steps].</summary>
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

        var input = tensor(tokens, [rows.Length, codebooks, to - from], device: model.Device);
        model.Step(input, state).to(ScalarType.Float32).cpu().contiguous().data<float>().CopyTo(logits);
    }

    /// <summary>Adds this pass's share of an item's guided logits for a codebook: u + c·(t − u), with t with the text and u without.</summary>
    public void AddTo(Span<float> guided, int item, int codebook, double coefficient, bool isGuided)
    {
        for (var r = 0; r < rows.Length; r++)
        {
            if (rows[r].Item == item)
            {
                var factor = (float)(!isGuided ? 1 : rows[r].WithText ? coefficient : 1 - coefficient);
                var own = logits.AsSpan(((r * codebooks) + codebook) * guided.Length, guided.Length);
                for (var i = 0; i < guided.Length; i++)
                {
                    guided[i] += factor * own[i];
                }
            }
        }
    }

    public void Dispose() => state.Dispose();

    private (Tensor Embeddings, Tensor? Mask) Condition(TextCondition texts, bool upstreamPadding)
    {
        var length = texts.Embeddings.size(1);
        var none = zeros_like(texts.Embeddings.select(0, 0));
        var embeddings = stack(rows.Select(row => row.WithText ? texts.Embeddings.select(0, row.Item) : none));
        if (upstreamPadding || rows.All(row => !row.WithText || texts.Lengths[row.Item] == length))
        {
            return (embeddings, null);
        }

        // A row without text reads zeros whatever their number, so it needs no mask.
        var mask = new float[rows.Length * length];
        for (var r = 0; r < rows.Length; r++)
        {
            if (rows[r].WithText)
            {
                mask.AsSpan((int)((r * length) + texts.Lengths[rows[r].Item]), (int)(length - texts.Lengths[rows[r].Item])).Fill(float.NegativeInfinity);
            }
        }

        return (embeddings, tensor(mask, [rows.Length, 1, 1, length], dtype: embeddings.dtype, device: embeddings.device));
    }
}
