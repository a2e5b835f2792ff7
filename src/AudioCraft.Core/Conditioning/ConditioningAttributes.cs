namespace AudioCraft.Conditioning;

/// <summary>What is known about a sound, for training (audiocraft/modules/conditioners.py).</summary>
/// <param name="Text">Texts by the name of the condition; null where nothing is known.</param>
public sealed record ConditioningAttributes(IReadOnlyDictionary<string, string?> Text)
{
    /// <summary>The same without some of its texts: their names stay, with null.</summary>
    public ConditioningAttributes Without(Func<string, bool> isDropped)
    {
        ArgumentNullException.ThrowIfNull(isDropped);
        return new ConditioningAttributes(Text.ToDictionary(pair => pair.Key, pair => isDropped(pair.Key) ? null : pair.Value));
    }
}
