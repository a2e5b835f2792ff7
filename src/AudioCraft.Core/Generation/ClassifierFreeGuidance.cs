namespace AudioCraft.Generation;

/// <summary>Which of an item's conditions a row reads.</summary>
internal enum GuidanceKind
{
    /// <summary>All.</summary>
    All,

    /// <summary>All but the description.</summary>
    WithoutDescription,

    /// <summary>None.</summary>
    None,
}

/// <summary>One row of a pass: whose tokens it reads, which conditions, and its weight in the item's guided logits.</summary>
internal readonly record struct GuidanceRow(int Item, GuidanceKind Kind, double Weight);

/// <summary>
/// The rows that classifier-free guidance needs. With logits t for all conditions, w for all but the description and u for none, guidance with coefficient c is
/// u + c·(t − u), and double guidance, which pushes the description by β beyond the others ("Audio Conditioning for Music Generation via Discrete Bottleneck
/// Features", Rouard et al. 2024, section 4.3; audiocraft/models/lm.py), is u + c·(w + β·(t − w) − u).
/// </summary>
internal static class ClassifierFreeGuidance
{
    /// <summary>The condition that double guidance pushes.</summary>
    public const string Description = "description";

    /// <summary>
    /// The rows by kind. Rows without weight are left out, and rows of an item that would read the same are one:
    /// at coefficient 1 nothing is computed without conditions, at 0 nothing with them, and an item of which the conditions say nothing needs a single row.
    /// </summary>
    /// <param name="items">Items of the request.</param>
    /// <param name="conditions">What the conditions say of them.</param>
    /// <param name="coefficient">Guidance coefficient, c.</param>
    /// <param name="beta">Coefficient of double guidance, β, or null.</param>
    /// <param name="nullIsOwn">Whether "none" reads differently from conditions that say nothing (upstream's two-step guidance pads these otherwise).</param>
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
                    .GroupBy(part => nullIsOwn ? part.Kind : Plainest(conditions, item, part.Kind))
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

    private static GuidanceKind Plainest(ConditionTensors conditions, int item, GuidanceKind kind)
    {
        bool ReadsAnything(GuidanceKind k) => conditions.Items.Any(c => Reads(k, c.Name) && c.Lengths[item] > 0);
        var saysDescription = conditions.Items.Any(c => c.Name == Description && c.Lengths[item] > 0);
        return !ReadsAnything(kind) ? GuidanceKind.None
            : kind == GuidanceKind.All && !saysDescription ? GuidanceKind.WithoutDescription
            : kind;
    }
}
