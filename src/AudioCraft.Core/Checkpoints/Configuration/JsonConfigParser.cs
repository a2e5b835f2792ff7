using System.Globalization;
using System.Text.Json;

namespace AudioCraft.Checkpoints;

/// <summary>Parses JSON. Strings are literal: they contain no references. If a key occurs more than once, the last value counts.</summary>
internal static class JsonConfigParser
{
    private const int MaximumBytes = 16 << 20;
    private const int MaximumDepth = 64;

    /// <summary>Reads a file.</summary>
    /// <exception cref="CheckpointException">It does not exist, is larger than 16 MiB, or is not JSON.</exception>
    public static ConfigNode Load(string path)
    {
        using var file = new CheckpointFile(path);
        return file.Length <= MaximumBytes
            ? Parse(file.ReadBytes(0, file.Length), path)
            : throw new CheckpointException($"{path} has {file.Length} bytes; at most {MaximumBytes} are supported for a configuration.");
    }

    /// <summary>Reads a UTF-8 text.</summary>
    /// <exception cref="CheckpointException">It is not JSON, or nested more than 64 deep.</exception>
    public static ConfigNode Parse(ReadOnlyMemory<byte> json, string source)
    {
        try
        {
            var text = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaximumDepth });
            return Node(document.RootElement);
        }
        // JsonElement throws InvalidOperationException for text that is not valid Unicode.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException($"{source} is not JSON: {e.Message}", e);
        }
    }

    private static ConfigNode Node(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var section = new ConfigSection();
                foreach (var property in element.EnumerateObject())
                {
                    section.Children[property.Name] = Node(property.Value).PlacedIn(section, property.Name);
                }

                return section;
            case JsonValueKind.Array:
                var list = new ConfigList();
                foreach (var item in element.EnumerateArray())
                {
                    list.Items.Add(Node(item).PlacedIn(list, list.Items.Count.ToString(CultureInfo.InvariantCulture)));
                }

                return list;
            case JsonValueKind.String:
                return new ConfigScalar(element.GetString()!, plain: false, literal: true);
            default:
                return new ConfigScalar(element.GetRawText(), plain: true, literal: true);
        }
    }
}
