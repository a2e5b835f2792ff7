using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AudioCraft.Checkpoints;

/// <summary>
/// The configuration that a checkpoint was trained with: the YAML text under <c>xp.cfg</c>, as OmegaConf writes it (upstream: audiocraft/utils/export.py).
/// References such as <c>${sample_rate}</c> are followed when a value is asked for, never before. A value of <c>???</c> has not been given,
/// and <c>${oc.env:…}</c> is never looked up: asking for either is an error that names it.
/// </summary>
/// <remarks>Paths are dotted: <c>transformer_lm.dim</c>; positions in lists are numbers: <c>seanet.ratios.0</c>.</remarks>
public sealed class XpConfig
{
    private readonly ConfigNode root;
    private readonly ConfigNode node;
    private readonly string source;

    private XpConfig(ConfigNode root, ConfigNode node, string source)
    {
        this.root = root;
        this.node = node;
        this.source = source;
    }

    private delegate bool Parser<T>(ConfigScalar scalar, [MaybeNullWhen(false)] out T value);

    /// <summary>Reads a YAML text.</summary>
    /// <param name="yaml">The text: one document, a mapping at its root.</param>
    /// <param name="source">Where it came from, for messages.</param>
    /// <exception cref="CheckpointException">It is not YAML, or beyond the limits on size, depth and aliases.</exception>
    public static XpConfig Parse(string yaml, string source)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        ArgumentNullException.ThrowIfNull(source);
        var root = ConfigTree.Parse(yaml, source);
        return root is ConfigSection
            ? new XpConfig(root, root, source)
            : throw new CheckpointException($"{source}: the configuration is a single value or a list, not keys and values.");
    }

    /// <summary>Whether a value, list or section has been given: false where there is none, where it is null, where it is <c>???</c>, and where its reference leads to one of these.</summary>
    /// <remarks>A reference to something outside the configuration, such as <c>${oc.env:USER}</c>, counts as a value, though asking for it is an error.</remarks>
    /// <exception cref="CheckpointException">The reference there is circular.</exception>
    public bool Has(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return IsGiven(new ConfigReferences(root, source, onlyAsking: true).Find(node, path));
    }

    /// <summary>Text; numbers and booleans as they are written.</summary>
    /// <exception cref="CheckpointException">There is no such value, it is null or <c>???</c>, or it is a list or a section.</exception>
    public string GetString(string path) => Get<string>(path, "text", TryString);

    /// <summary>Text, or <paramref name="fallback"/> where <see cref="Has"/> is false.</summary>
    [return: NotNullIfNotNull(nameof(fallback))]
    public string? GetString(string path, string? fallback) => Has(path) ? GetString(path) : fallback;

    /// <summary>A whole number.</summary>
    /// <exception cref="CheckpointException">There is no such value, or it is not a whole number in range.</exception>
    public long GetInt64(string path) => Get<long>(path, "a whole number", TryInt64);

    /// <summary>A whole number, or <paramref name="fallback"/> where <see cref="Has"/> is false.</summary>
    public long GetInt64(string path, long fallback) => Has(path) ? GetInt64(path) : fallback;

    /// <summary>A whole number of 32 bits.</summary>
    /// <exception cref="CheckpointException">There is no such value, or it is not a whole number in range.</exception>
    public int GetInt32(string path) => Get<int>(path, "a whole number of 32 bits", TryInt32);

    /// <summary>A whole number of 32 bits, or <paramref name="fallback"/> where <see cref="Has"/> is false.</summary>
    public int GetInt32(string path, int fallback) => Has(path) ? GetInt32(path) : fallback;

    /// <summary>A number; YAML 1.1's <c>1.0e-08</c>, <c>1e-8</c>, <c>.inf</c> and <c>.nan</c> included.</summary>
    /// <exception cref="CheckpointException">There is no such value, or it is not a number.</exception>
    public double GetDouble(string path) => Get<double>(path, "a number", TryDouble);

    /// <summary>A number, or <paramref name="fallback"/> where <see cref="Has"/> is false.</summary>
    public double GetDouble(string path, double fallback) => Has(path) ? GetDouble(path) : fallback;

    /// <summary>True or false, in any of YAML 1.1's spellings.</summary>
    /// <exception cref="CheckpointException">There is no such value, or it is neither.</exception>
    public bool GetBool(string path) => Get<bool>(path, "true or false", TryBool);

    /// <summary>True or false, or <paramref name="fallback"/> where <see cref="Has"/> is false.</summary>
    public bool GetBool(string path, bool fallback) => Has(path) ? GetBool(path) : fallback;

    /// <summary>A list of whole numbers.</summary>
    /// <exception cref="CheckpointException">There is no such list, or something else is in it.</exception>
    public IReadOnlyList<long> GetInt64List(string path) => GetList<long>(path, "a whole number", TryInt64);

    /// <summary>A list of whole numbers, or <paramref name="fallback"/> where <see cref="Has"/> is false.</summary>
    public IReadOnlyList<long> GetInt64List(string path, IReadOnlyList<long> fallback) => Has(path) ? GetInt64List(path) : fallback;

    /// <summary>A list of numbers.</summary>
    /// <exception cref="CheckpointException">There is no such list, or something else is in it.</exception>
    public IReadOnlyList<double> GetDoubleList(string path) => GetList<double>(path, "a number", TryDouble);

    /// <summary>A list of numbers, or <paramref name="fallback"/> where <see cref="Has"/> is false.</summary>
    public IReadOnlyList<double> GetDoubleList(string path, IReadOnlyList<double> fallback) => Has(path) ? GetDoubleList(path) : fallback;

    /// <summary>A list of texts.</summary>
    /// <exception cref="CheckpointException">There is no such list, or something else is in it.</exception>
    public IReadOnlyList<string> GetStringList(string path) => GetList<string>(path, "text", TryString);

    /// <summary>A list of texts, or <paramref name="fallback"/> where <see cref="Has"/> is false.</summary>
    public IReadOnlyList<string> GetStringList(string path, IReadOnlyList<string> fallback) => Has(path) ? GetStringList(path) : fallback;

    /// <summary>A part of the configuration, whose paths then start below it. References still count from the root.</summary>
    /// <exception cref="CheckpointException">There is no such section.</exception>
    public XpConfig Section(string path) => new(root, Required<ConfigSection>(path, "a section"), source);

    /// <summary>The keys of a section in the order written; <c>""</c> asks for this section's own.</summary>
    /// <exception cref="CheckpointException">There is no such section.</exception>
    public IReadOnlyList<string> Keys(string path = "") => [.. Required<ConfigSection>(path, "a section").Children.Keys];

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

        // A whole number that was computed as a float is written as 4.0.
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

    private string FullPath(string path) => string.Join('.', new[] { node.Path, path }.Where(p => p.Length > 0));

    private T Required<T>(string path, string wanted)
        where T : ConfigNode
    {
        ArgumentNullException.ThrowIfNull(path);
        return new ConfigReferences(root, source).Find(node, path) switch
        {
            T found when IsGiven(found) => found,
            null => throw new CheckpointException($"{source}: the configuration has no '{FullPath(path)}'."),
            ConfigScalar { IsMissing: true } => throw new CheckpointException($"{source}: '{FullPath(path)}' is ??? in the configuration: nobody has given it a value."),
            ConfigScalar { IsNull: true } => throw new CheckpointException($"{source}: '{FullPath(path)}' is null in the configuration, where {wanted} is needed."),
            ConfigScalar scalar => throw new CheckpointException($"{source}: '{FullPath(path)}' is '{scalar.Text}' in the configuration, where {wanted} is needed."),
            var other => throw new CheckpointException(
                $"{source}: '{FullPath(path)}' is a {(other is ConfigList ? "list" : "section")} in the configuration, where {wanted} is needed."),
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
        : throw new CheckpointException($"{source}: '{FullPath(path)}' is '{scalar.Text}' in the configuration, where {wanted} is needed.");
}
