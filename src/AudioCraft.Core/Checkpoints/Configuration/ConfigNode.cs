namespace AudioCraft.Checkpoints;

/// <summary>A value of a configuration as it is written in the file. Nodes have parents, because references may be relative.</summary>
internal abstract class ConfigNode
{
    /// <summary>The section or list that contains the node; null for the root.</summary>
    public ConfigNode? Parent { get; private set; }

    /// <summary>The key or position in the parent.</summary>
    public string Key { get; private set; } = "";

    /// <summary>Dotted path from the root.</summary>
    public string Path => Parent is null or { Key: "", Parent: null } ? Key : $"{Parent.Path}.{Key}";

    /// <summary>Sets the parent and key.</summary>
    public ConfigNode PlacedIn(ConfigNode parent, string key)
    {
        Parent = parent;
        Key = key;
        return this;
    }

    /// <summary>The child under a key, or at a position; null if there is none.</summary>
    public virtual ConfigNode? Child(string key) => null;
}

/// <summary>Text. A plain scalar may be a number, a boolean or null; one in quotes is a string.</summary>
/// <param name="text">The text.</param>
/// <param name="plain">Whether it was written without quotes.</param>
/// <param name="literal">Whether <c>???</c> and <c>${…}</c> in it are plain text, as in JSON.</param>
internal sealed class ConfigScalar(string text, bool plain, bool literal = false) : ConfigNode
{
    public string Text => text;

    public bool IsNull => plain && (text is "" or "~" or "null" or "Null" or "NULL");

    /// <summary>Whether the value is <c>???</c>, which OmegaConf uses for a value that is not set.</summary>
    public bool IsMissing => !literal && text == "???";

    public bool HasReference => !literal && text.Contains("${", StringComparison.Ordinal);

    /// <summary>Whether it was written without quotes.</summary>
    public bool IsPlain => plain;
}

/// <summary>Keys and values, in the order written.</summary>
internal sealed class ConfigSection : ConfigNode
{
    public OrderedDictionary<string, ConfigNode> Children { get; } = new(StringComparer.Ordinal);

    public override ConfigNode? Child(string key) => Children.GetValueOrDefault(key);
}

/// <summary>Values in order.</summary>
internal sealed class ConfigList : ConfigNode
{
    public List<ConfigNode> Items { get; } = [];

    public override ConfigNode? Child(string key) =>
        int.TryParse(key, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var i) && i < Items.Count
            ? Items[i]
            : null;
}
