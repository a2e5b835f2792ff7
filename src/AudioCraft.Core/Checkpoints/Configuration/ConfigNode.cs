namespace AudioCraft.Checkpoints;

/// <summary>A value of a configuration, as written. Every node knows where it stands, because references may be relative.</summary>
internal abstract class ConfigNode
{
    /// <summary>The section or list that holds it; null for the root.</summary>
    public ConfigNode? Parent { get; private set; }

    /// <summary>Its key or position there.</summary>
    public string Key { get; private set; } = "";

    /// <summary>Dotted path from the root.</summary>
    public string Path => Parent is null or { Key: "", Parent: null } ? Key : $"{Parent.Path}.{Key}";

    /// <summary>Gives the node its place.</summary>
    public ConfigNode PlacedIn(ConfigNode parent, string key)
    {
        Parent = parent;
        Key = key;
        return this;
    }

    /// <summary>The child under a key, or at a position; null where there is none.</summary>
    public virtual ConfigNode? Child(string key) => null;
}

/// <summary>Text. A plain scalar may be a number, a boolean or null; one in quotes is a string.</summary>
internal sealed class ConfigScalar(string text, bool plain) : ConfigNode
{
    public string Text => text;

    public bool IsNull => plain && (text is "" or "~" or "null" or "Null" or "NULL");

    /// <summary>OmegaConf's mark for a value that somebody has yet to give.</summary>
    public bool IsMissing => text == "???";

    public bool HasReference => text.Contains("${", StringComparison.Ordinal);

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
