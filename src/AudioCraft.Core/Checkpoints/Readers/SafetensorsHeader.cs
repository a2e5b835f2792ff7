using System.Text.Json;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Where a tensor's bytes are.</summary>
/// <param name="Info">Element type and shape.</param>
/// <param name="Begin">First byte, from the end of the header.</param>
/// <param name="End">One past the last byte, from the end of the header.</param>
internal sealed record SafetensorsEntry(TensorInfo Info, long Begin, long End);

/// <summary>
/// The JSON at the start of a safetensors file, checked by the limits of the reference implementation:
/// nothing twice, no overlap, no holes, the file covered exactly.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The reference's limit on the length of the JSON.</summary>
    public const long MaximumBytes = 100_000_000;

    /// <summary>The reserved name of the metadata.</summary>
    public const string MetadataKey = "__metadata__";

    private readonly string source;

    private SafetensorsHeader(string source) => this.source = source;

    public OrderedDictionary<string, SafetensorsEntry> Entries { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <param name="json">The header's bytes.</param>
    /// <param name="dataLength">Bytes of the file after the header.</param>
    /// <param name="source">The file, for messages.</param>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLength, string source)
    {
        var header = new SafetensorsHeader(source);
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
            header.ReadAll(ref reader);
        }
        // The reader's getters throw InvalidOperationException on invalid UTF-8 and FormatException on numbers that do not fit.
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException($"{source}: the safetensors header is not valid: {e.Message}", e);
        }

        header.CheckCoverage(dataLength);
        return header;
    }

    private void ReadAll(ref Utf8JsonReader reader)
    {
        reader.Read();
        Expect(ref reader, JsonTokenType.StartObject);
        var sawMetadata = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (name == MetadataKey)
            {
                if (sawMetadata)
                {
                    throw new CheckpointException($"{source}: the safetensors header has its metadata twice.");
                }

                sawMetadata = true;
                ReadMetadata(ref reader);
            }
            else if (!Entries.TryAdd(name, ReadEntry(ref reader, name)))
            {
                throw new CheckpointException($"{source}: the safetensors header has tensor '{name}' twice.");
            }
        }

        while (reader.Read())
        {
            // Utf8JsonReader throws on anything but white space after the value.
        }
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            Expect(ref reader, JsonTokenType.String);
            if (!Metadata.TryAdd(key, reader.GetString()!))
            {
                throw new CheckpointException($"{source}: the safetensors metadata has '{key}' twice.");
            }
        }
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        string? dtype = null;
        long[]? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.GetString()!;
            reader.Read();
            var twice = field switch { "dtype" => dtype is not null, "shape" => shape is not null, "data_offsets" => offsets is not null, _ => true };
            if (twice)
            {
                throw new CheckpointException($"{source}: tensor '{name}' has the field '{field}' twice, or it is not a field of safetensors.");
            }

            switch (field)
            {
                case "dtype":
                    Expect(ref reader, JsonTokenType.String);
                    dtype = reader.GetString();
                    break;
                case "shape":
                    shape = ReadSizes(ref reader, name, field, ElementTypes.MaximumDimensions);
                    break;
                default:
                    offsets = ReadSizes(ref reader, name, field, 2);
                    break;
            }
        }

        if (dtype is null || shape is null || offsets is not [var begin, var end])
        {
            throw new CheckpointException($"{source}: tensor '{name}' lacks its dtype, its shape or its two data_offsets.");
        }

        if (!ElementTypes.TryParseSafetensors(dtype, out var type))
        {
            throw new CheckpointException(
                $"{source}: tensor '{name}' has dtype '{dtype}'; F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL are read.");
        }

        var info = new TensorInfo(type, shape);
        if (!ElementTypes.TryCount(shape, out var count) || begin > end || (end - begin) / ElementTypes.SizeOf(type) != count
            || (end - begin) % ElementTypes.SizeOf(type) != 0)
        {
            throw new CheckpointException($"{source}: tensor '{name}' of {dtype} {info.ShapeText} does not match its data_offsets {begin}..{end}.");
        }

        return new SafetensorsEntry(info, begin, end);
    }

    private long[] ReadSizes(ref Utf8JsonReader reader, string name, string field, int limit)
    {
        Expect(ref reader, JsonTokenType.StartArray);
        var sizes = new List<long>();
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
        {
            if (sizes.Count == limit || !reader.TryGetInt64(out var size) || size < 0)
            {
                throw new CheckpointException(
                    $"{source}: the {field} of tensor '{name}' must be at most {limit} whole numbers, none negative and none beyond {long.MaxValue}.");
            }

            sizes.Add(size);
        }

        Expect(ref reader, JsonTokenType.EndArray);
        return [.. sizes];
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != type)
        {
            throw new CheckpointException($"{source}: the safetensors header has a {reader.TokenType} at byte {reader.TokenStartIndex} where {type} belongs.");
        }
    }

    private void CheckCoverage(long dataLength)
    {
        var position = 0L;
        foreach (var (name, entry) in Entries.OrderBy(e => e.Value.Begin).ThenBy(e => e.Value.End))
        {
            if (entry.Begin != position)
            {
                var fault = entry.Begin < position ? "overlaps the tensor before it" : "leaves a hole before it";
                throw new CheckpointException($"{source}: tensor '{name}' at {entry.Begin} {fault}, which ends at {position}.");
            }

            position = entry.End;
        }

        if (position != dataLength)
        {
            throw new CheckpointException($"{source}: the tensors take {position} bytes, but {dataLength} bytes follow the header.");
        }
    }
}
