using System.Globalization;
using AudioCraft.Formats;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Parses YAML from the events of YamlDotNet, with limits on depth and size: its object model has no limit on depth,
/// and nested aliases can expand to billions of values.
/// </summary>
internal sealed class YamlConfigParser
{
    private const int MaximumCharacters = 4 << 20;
    private const int MaximumDepth = 64;
    private const int MaximumNodes = 200_000;

    private readonly Dictionary<string, ConfigNode> anchors = new(StringComparer.Ordinal);
    private readonly Parser parser;
    private readonly string source;
    private int nodes;

    private YamlConfigParser(string yaml, string source)
    {
        parser = new Parser(new StringReader(yaml));
        this.source = source;
    }

    /// <summary>Parses a text with one document.</summary>
    public static ConfigNode Parse(string yaml, string source)
    {
        if (yaml.Length > MaximumCharacters)
        {
            throw new CheckpointException($"{source}: the configuration has {yaml.Length} characters; at most {MaximumCharacters} are supported.");
        }

        try
        {
            return new YamlConfigParser(yaml, source).ReadDocument();
        }
        // The scanner throws ArgumentException for escapes beyond Unicode.
        catch (Exception e) when (e is YamlException or ArgumentException or FormatException or OverflowException or InvalidOperationException)
        {
            throw new CheckpointException($"{source}: the configuration is not YAML: {e.Message}", e);
        }
    }

    private ConfigNode ReadDocument()
    {
        Next<StreamStart>();
        Next<DocumentStart>();
        parser.MoveNext();
        var root = ReadNode(0);
        Next<DocumentEnd>();
        Next<StreamEnd>();
        return root;
    }

    private T Next<T>()
        where T : ParsingEvent
    {
        return parser.MoveNext() && parser.Current is T expected
            ? expected
            : throw new CheckpointException($"{source}: the configuration has {parser.Current?.GetType().Name ?? "no event"}; {typeof(T).Name} is expected.");
    }

    /// <summary>Reads the events of the current node.</summary>
    private ConfigNode ReadNode(int depth)
    {
        CountNode(depth);
        switch (parser.Current)
        {
            case Scalar scalar:
                return Remember(scalar, new ConfigScalar(scalar.Value, scalar.Style is ScalarStyle.Plain && scalar.Tag.IsEmpty));
            case AnchorAlias alias:
                return anchors.TryGetValue(alias.Value.Value, out var target)
                    ? Copy(target, depth)
                    : throw new CheckpointException($"{source}: the alias *{PrintableText.Of(alias.Value.Value)} is used before it is defined.");
            case MappingStart start:
                return Remember(start, ReadSection(depth));
            case SequenceStart start:
                return Remember(start, ReadList(depth));
            default:
                throw new CheckpointException($"{source}: the configuration has {parser.Current?.GetType().Name ?? "no event"}; a value is expected.");
        }
    }

    private ConfigSection ReadSection(int depth)
    {
        var section = new ConfigSection();
        while (parser.MoveNext() && parser.Current is not MappingEnd)
        {
            if (parser.Current is not Scalar key)
            {
                throw new CheckpointException($"{source}: the configuration has a key that is not a scalar, near line {parser.Current?.Start.Line}.");
            }

            parser.MoveNext();
            if (!section.Children.TryAdd(key.Value, ReadNode(depth + 1).PlacedIn(section, key.Value)))
            {
                throw new CheckpointException($"{source}: the key '{PrintableText.Of(key.Value)}' occurs twice in a section, at line {key.Start.Line}.");
            }
        }

        return section;
    }

    private ConfigList ReadList(int depth)
    {
        var list = new ConfigList();
        while (parser.MoveNext() && parser.Current is not SequenceEnd)
        {
            list.Items.Add(ReadNode(depth + 1).PlacedIn(list, list.Items.Count.ToString(CultureInfo.InvariantCulture)));
        }

        return list;
    }

    private ConfigNode Remember(NodeEvent written, ConfigNode node)
    {
        if (!written.Anchor.IsEmpty)
        {
            anchors[written.Anchor.Value] = node;
        }

        return node;
    }

    /// <summary>An alias is a copy, so that each value has one parent; copies count as values.</summary>
    private ConfigNode Copy(ConfigNode node, int depth)
    {
        CountNode(depth);
        switch (node)
        {
            case ConfigSection section:
                var copy = new ConfigSection();
                foreach (var (key, child) in section.Children)
                {
                    copy.Children.Add(key, Copy(child, depth + 1).PlacedIn(copy, key));
                }

                return copy;
            case ConfigList list:
                var items = new ConfigList();
                foreach (var item in list.Items)
                {
                    items.Items.Add(Copy(item, depth + 1).PlacedIn(items, item.Key));
                }

                return items;
            default:
                var scalar = (ConfigScalar)node;
                return new ConfigScalar(scalar.Text, scalar.IsPlain);
        }
    }

    private void CountNode(int depth)
    {
        if (depth > MaximumDepth)
        {
            throw new CheckpointException($"{source}: the configuration is nested more than {MaximumDepth} deep.");
        }

        if (++nodes > MaximumNodes)
        {
            throw new CheckpointException($"{source}: the configuration has more than {MaximumNodes} values, with aliases expanded.");
        }
    }
}
