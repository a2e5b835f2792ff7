using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using AudioCraft.Formats;

namespace AudioCraft.Checkpoints;

/// <summary>
/// The configuration of a model, read from YAML (the text under <c>xp.cfg</c>, as written by OmegaConf; upstream: audiocraft/utils/export.py) or JSON.
/// In YAML, references such as <c>${sample_rate}</c> are resolved when a value is read. A value of <c>???</c> is not set,
/// and <c>${oc.env:…}</c> is never resolved: reading either is an error that names it.
/// </summary>
/// <remarks>Paths are dotted: <c>transformer_lm.dim</c>; positions in lists are numbers: <c>seanet.ratios.0</c>.</remarks>
public sealed class CheckpointConfig
{
    private const int MaximumShown = 40;

    private readonly ConfigNode root;
    private readonly ConfigNode node;
    private readonly string source;

    private CheckpointConfig(ConfigNode root, ConfigNode node, string source)
    {
        this.root = root;
        this.node = node;
        this.source = source;
    }

    /// <summary>The file, for messages.</summary>
    internal string Source => source;

    private delegate bool Parser<T>(ConfigScalar scalar, [MaybeNullWhen(false)] out T value);

    /// <summary>Reads a YAML text.</summary>
    /// <param name="yaml">The text: one document, a mapping at its root.</param>
    /// <param name="source">The file, for messages.</param>
    /// <exception cref="CheckpointException">It is not YAML, or beyond the limits on size, depth and aliases.</exception>
    public static CheckpointConfig Parse(string yaml, string source)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        ArgumentNullException.ThrowIfNull(source);
        return Of(YamlConfigParser.Parse(yaml, source), source);
    }

    /// <summary>Reads a JSON file.</summary>
    /// <exception cref="CheckpointException">The file does not exist, is too large, or is not a JSON object.</exception>
    internal static CheckpointConfig LoadJson(string path) => Of(JsonConfigParser.Load(path), path);

    /// <summary>Reads a JSON text.</summary>
    /// <exception cref="CheckpointException">It is not a JSON object.</exception>
    internal static CheckpointConfig ParseJson(string json, string source) => Of(JsonConfigParser.Parse(System.Text.Encoding.UTF8.GetBytes(json), source), source);

    /// <summary>Whether a value, list or section exists: false if it is absent, null or <c>???</c>, or a reference to one of these.</summary>
    /// <remarks>A resolver such as <c>${oc.env:USER}</c> counts as a value, although reading it is an error.</remarks>
    /// <exception cref="CheckpointException">The reference is circular.</exception>
    public bool Has(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return IsGiven(new ConfigReferences(root, source, existenceOnly: true).Find(node, path));
    }

    /// <summary>Text; numbers and booleans as they are written.</summary>
    /// <exception cref="CheckpointException">The value does not exist, it is null or <c>???</c>, or it is a list or a section.</exception>
    public string GetString(string path) => Get<string>(path, "text", TryString);

    /// <summary>Text, or <paramref name="fallback"/> if <see cref="Has"/> is false.</summary>
    [return: NotNullIfNotNull(nameof(fallback))]
    public string? GetString(string path, string? fallback) => Has(path) ? GetString(path) : fallback;

    /// <summary>An integer.</summary>
    /// <exception cref="CheckpointException">The value does not exist, or it is not an integer in range.</exception>
    public long GetInt64(string path) => Get<long>(path, "an integer", TryInt64);

    /// <summary>An integer, or <paramref name="fallback"/> if <see cref="Has"/> is false.</summary>
    public long GetInt64(string path, long fallback) => Has(path) ? GetInt64(path) : fallback;

    /// <summary>A 32-bit integer.</summary>
    /// <exception cref="CheckpointException">The value does not exist, or it is not an integer in range.</exception>
    public int GetInt32(string path) => Get<int>(path, "a 32-bit integer", TryInt32);

    /// <summary>A 32-bit integer, or <paramref name="fallback"/> if <see cref="Has"/> is false.</summary>
    public int GetInt32(string path, int fallback) => Has(path) ? GetInt32(path) : fallback;

    /// <summary>A number; YAML 1.1's <c>1.0e-08</c>, <c>1e-8</c>, <c>.inf</c> and <c>.nan</c> included.</summary>
    /// <exception cref="CheckpointException">The value does not exist, or it is not a number.</exception>
    public double GetDouble(string path) => Get<double>(path, "a number", TryDouble);

    /// <summary>A number, or <paramref name="fallback"/> if <see cref="Has"/> is false.</summary>
    public double GetDouble(string path, double fallback) => Has(path) ? GetDouble(path) : fallback;

    /// <summary>True or false, in any of YAML 1.1's spellings.</summary>
    /// <exception cref="CheckpointException">The value does not exist, or it is neither.</exception>
    public bool GetBool(string path) => Get<bool>(path, "true or false", TryBool);

    /// <summary>True or false, or <paramref name="fallback"/> if <see cref="Has"/> is false.</summary>
    public bool GetBool(string path, bool fallback) => Has(path) ? GetBool(path) : fallback;

    /// <summary>A list of integers.</summary>
    /// <exception cref="CheckpointException">The list does not exist, or an item has another type.</exception>
    public IReadOnlyList<long> GetInt64List(string path) => GetList<long>(path, "an integer", TryInt64);

    /// <summary>A list of integers, or <paramref name="fallback"/> if <see cref="Has"/> is false.</summary>
    public IReadOnlyList<long> GetInt64List(string path, IReadOnlyList<long> fallback) => Has(path) ? GetInt64List(path) : fallback;

    /// <summary>A list of numbers.</summary>
    /// <exception cref="CheckpointException">The list does not exist, or an item has another type.</exception>
    public IReadOnlyList<double> GetDoubleList(string path) => GetList<double>(path, "a number", TryDouble);

    /// <summary>A list of numbers, or <paramref name="fallback"/> if <see cref="Has"/> is false.</summary>
    public IReadOnlyList<double> GetDoubleList(string path, IReadOnlyList<double> fallback) => Has(path) ? GetDoubleList(path) : fallback;

    /// <summary>A list of strings.</summary>
    /// <exception cref="CheckpointException">The list does not exist, or an item has another type.</exception>
    public IReadOnlyList<string> GetStringList(string path) => GetList<string>(path, "text", TryString);

    /// <summary>A list of strings, or <paramref name="fallback"/> if <see cref="Has"/> is false.</summary>
    public IReadOnlyList<string> GetStringList(string path, IReadOnlyList<string> fallback) => Has(path) ? GetStringList(path) : fallback;

    /// <summary>A section. Its paths are relative to it; its references stay relative to the root.</summary>
    /// <exception cref="CheckpointException">The section does not exist.</exception>
    public CheckpointConfig Section(string path) => new(root, Required<ConfigSection>(path, "a section"), source);

    /// <summary>The keys of a section in the order written; <c>""</c> for this section.</summary>
    /// <exception cref="CheckpointException">The section does not exist.</exception>
    public IReadOnlyList<string> Keys(string path = "") => [.. Required<ConfigSection>(path, "a section").Children.Keys];

    /// <summary>Whether there is a section at a path.</summary>
    internal bool IsSection(string path) => new ConfigReferences(root, source, existenceOnly: true).Find(node, path) is ConfigSection;

    /// <summary>Whether there is a list at a path.</summary>
    internal bool IsList(string path) => new ConfigReferences(root, source, existenceOnly: true).Find(node, path) is ConfigList;

    /// <summary>The text under one key of this section, which may contain dots; null if there is none or it is not text.</summary>
    internal string? Text(string key) => node.Child(key) is ConfigScalar { IsPlain: false } text ? text.Text : null;

    /// <summary>A list of 32-bit integers.</summary>
    /// <exception cref="CheckpointException">The list does not exist, or an item is not such a number.</exception>
    internal IReadOnlyList<int> GetInt32List(string path) => GetList<int>(path, "a 32-bit integer", TryInt32);

    /// <summary>The error for a value that is out of range or not supported.</summary>
    /// <param name="path">The value's path.</param>
    /// <param name="expected">What is expected or supported, as a clause.</param>
    internal CheckpointException Unsupported(string path, string expected)
    {
        var text = new ConfigReferences(root, source).Find(node, path) switch
        {
            ConfigScalar scalar => $"'{PrintableText.Of(scalar.Text, MaximumShown)}'",
            ConfigList => "a list",
            _ => "a section",
        };
        return new($"{source}: '{FullPath(path)}' is {text}; {expected}.");
    }

    private static CheckpointConfig Of(ConfigNode root, string source) => root is ConfigSection
        ? new CheckpointConfig(root, root, source)
        : throw new CheckpointException($"{source}: the configuration is a {(root is ConfigList ? "list" : "single value")}, not keys and values.");

    private static bool IsGiven(ConfigNode? found) => found is not null and not ConfigScalar { IsNull: true } and not ConfigScalar { IsMissing: true };

    private static bool TryString(ConfigScalar scalar, out string value)
    {
        value = scalar.Text;
        return true;
    }

    private static bool TryInt64(ConfigScalar scalar, out long value)
    {
        if (scalar.IsPlain && long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            return true;
        }

        // An integer that was computed as a float is written as 4.0.
        var whole = TryDouble(scalar, out var number) && number == Math.Floor(number) && Math.Abs(number) < 1L << 53;
        value = whole ? (long)number : 0;
        return whole;
    }

    private static bool TryInt32(ConfigScalar scalar, out int value)
    {
        var fits = TryInt64(scalar, out var wide) && wide is >= int.MinValue and <= int.MaxValue;
        value = fits ? (int)wide : 0;
        return fits;
    }

    private static bool TryDouble(ConfigScalar scalar, out double value)
    {
        double? special = scalar.Text.ToUpperInvariant() switch
        {
            ".INF" or "+.INF" => double.PositiveInfinity,
            "-.INF" => double.NegativeInfinity,
            ".NAN" => double.NaN,
            _ => null,
        };
        value = special.GetValueOrDefault();
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return scalar.IsPlain
            && (special is not null || (double.TryParse(scalar.Text, Styles, CultureInfo.InvariantCulture, out value) && double.IsFinite(value)));
    }

    private static bool TryBool(ConfigScalar scalar, out bool value)
    {
        value = scalar.Text is "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON";
        return scalar.IsPlain && (value || scalar.Text is "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF");
    }

    private string FullPath(string path) => PrintableText.Of(string.Join('.', new[] { node.Path, path }.Where(p => p.Length > 0)));

    private T Required<T>(string path, string wanted)
        where T : ConfigNode
    {
        ArgumentNullException.ThrowIfNull(path);
        return new ConfigReferences(root, source).Find(node, path) switch
        {
            T found when IsGiven(found) => found,
            null => throw new CheckpointException($"{source}: the configuration has no '{FullPath(path)}'."),
            ConfigScalar { IsMissing: true } => throw new CheckpointException($"{source}: '{FullPath(path)}' is ??? in the configuration: it has no value."),
            ConfigScalar { IsNull: true } => throw new CheckpointException($"{source}: '{FullPath(path)}' is null; {wanted} is expected."),
            ConfigScalar scalar => throw new CheckpointException($"{source}: '{FullPath(path)}' is '{PrintableText.Of(scalar.Text)}'; {wanted} is expected."),
            var other => throw new CheckpointException(
                $"{source}: '{FullPath(path)}' is a {(other is ConfigList ? "list" : "section")}; {wanted} is expected."),
        };
    }

    private T Get<T>(string path, string wanted, Parser<T> parse) => Value(path, Required<ConfigScalar>(path, wanted), wanted, parse);

    private T[] GetList<T>(string path, string wanted, Parser<T> parse)
    {
        var references = new ConfigReferences(root, source);
        return [.. Required<ConfigList>(path, "a list").Items.Select((item, i) => references.Resolve(item) is ConfigScalar { IsNull: false, IsMissing: false } scalar
            ? Value($"{path}.{i}", scalar, wanted, parse)
            : throw new CheckpointException($"{source}: '{FullPath(path)}.{i}' is not {wanted}."))];
    }

    private T Value<T>(string path, ConfigScalar scalar, string wanted, Parser<T> parse) => parse(scalar, out var value)
        ? value
        : throw new CheckpointException($"{source}: '{FullPath(path)}' is '{PrintableText.Of(scalar.Text)}'; {wanted} is expected.");
}
