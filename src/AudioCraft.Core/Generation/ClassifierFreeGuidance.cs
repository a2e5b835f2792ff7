using AudioCraft.Conditioning;

namespace AudioCraft.Generation;

/// <summary>The conditions that a row of a guided batch reads.</summary>
internal enum GuidanceKind
{
    /// <summary>All conditions.</summary>
    All,

    /// <summary>All conditions except the description.</summary>
    WithoutDescription,

    /// <summary>No condition.</summary>
    None,
}

/// <summary>A row of a guided batch: the item whose tokens it reads, the conditions that it reads, and the weight of its logits in the item's guided logits.</summary>
internal readonly record struct GuidanceRow(int Item, GuidanceKind Kind, double Weight);

/// <summary>
/// Classifier-free guidance ("Classifier-Free Diffusion Guidance", Ho and Salimans 2022; <c>_sample_next_token</c> of audiocraft/models/lm.py): tokens are sampled from
/// the logits <c>u + c·(t − u)</c>, where t are the logits with all conditions, u those without conditions and c is <see cref="GenerationParams.CfgCoef"/>.
/// </summary>
/// <remarks>
/// <para>
/// Double guidance with the coefficient β (<see cref="GenerationParams.CfgCoefBeta"/>) samples from <c>u + c·(w + β·(t − w) − u)</c>, where w are the logits with all
/// conditions except the description ("Audio Conditioning for Music Generation via Discrete Bottleneck Features", Rouard et al. 2024, section 4.3).
/// </para>
/// <para>
/// Both are weighted sums of logits. This class returns the rows and their weights; <see cref="GuidancePass"/> computes the rows in the language model and
/// <see cref="GuidancePass.AddTo"/> adds up their logits. In training, <see cref="ClassifierFreeGuidanceDropout"/> drops the conditions.
/// </para>
/// </remarks>
internal static class ClassifierFreeGuidance
{
    /// <summary>The condition that double guidance strengthens.</summary>
    public const string Description = LMConfig.DescriptionCondition;

    /// <summary>
    /// Returns the rows, grouped by kind. Rows with weight 0 are omitted, and rows of an item that read the same conditions are merged: with coefficient 1 there is no
    /// unconditional row, with 0 no conditional one, and an item without conditions has a single row.
    /// </summary>
    /// <param name="items">Number of items in the request.</param>
    /// <param name="conditions">The conditions of the items.</param>
    /// <param name="coefficient">Guidance coefficient, c.</param>
    /// <param name="beta">Coefficient of double guidance, β; null for plain guidance.</param>
    /// <param name="nullIsOwn">Whether an unconditional row differs from a row with empty conditions (upstream's two-step guidance pads them differently).</param>
    public static IReadOnlyList<IReadOnlyList<GuidanceRow>> Rows(
        int items, ConditionTensors conditions, double coefficient, double? beta = null, bool nullIsOwn = false)
    {
        List<(GuidanceKind Kind, double Weight)> parts = beta is null
            ? [(GuidanceKind.All, coefficient), (GuidanceKind.None, 1 - coefficient)]
            : [(GuidanceKind.All, coefficient * beta.Value), (GuidanceKind.WithoutDescription, coefficient * (1 - beta.Value)), (GuidanceKind.None, 1 - coefficient)];
        if (conditions.IsEmpty)
        {
            parts = [(GuidanceKind.None, 1)];
        }

        return
        [
            .. Enumerable.Range(0, items)
                .SelectMany(item => parts
                    .GroupBy(part => nullIsOwn ? part.Kind : Simplest(conditions, item, part.Kind))
                    .Select(same => new GuidanceRow(item, same.Key, same.Count() == parts.Count ? 1 : same.Sum(part => part.Weight)))
                    .Where(row => row.Weight != 0))
                .GroupBy(row => row.Kind)
                .OrderBy(kind => kind.Key)
                .Select(IReadOnlyList<GuidanceRow> (kind) => [.. kind]),
        ];
    }

    /// <summary>Whether a row of a kind reads a condition.</summary>
    public static bool Reads(GuidanceKind kind, string condition) =>
        kind == GuidanceKind.All || (kind == GuidanceKind.WithoutDescription && condition != Description);

    private static GuidanceKind Simplest(ConditionTensors conditions, int item, GuidanceKind kind)
    {
        bool ReadsAnything(GuidanceKind k) => conditions.Items.Any(c => Reads(k, c.Name) && c.Lengths[item] > 0);
        var hasDescription = conditions.Items.Any(c => c.Name == Description && c.Lengths[item] > 0);
        return !ReadsAnything(kind) ? GuidanceKind.None
            : kind == GuidanceKind.All && !hasDescription ? GuidanceKind.WithoutDescription
            : kind;
    }
}
