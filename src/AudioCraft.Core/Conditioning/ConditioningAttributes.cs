namespace AudioCraft.Conditioning;

/// <summary>The attributes of a training example (audiocraft/modules/conditioners.py).</summary>
/// <param name="Text">Texts by the name of the condition; null where unknown.</param>
public sealed record ConditioningAttributes(IReadOnlyDictionary<string, string?> Text)
{
    /// <summary>Returns a copy in which some texts are replaced by null.</summary>
    public ConditioningAttributes Without(Func<string, bool> isDropped)
    {
        ArgumentNullException.ThrowIfNull(isDropped);
        return new ConditioningAttributes(Text.ToDictionary(pair => pair.Key, pair => isDropped(pair.Key) ? null : pair.Value));
    }
}
