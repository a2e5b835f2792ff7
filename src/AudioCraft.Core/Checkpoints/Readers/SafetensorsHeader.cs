using System.Text.Json;
using AudioCraft.Formats;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A tensor in a safetensors header.</summary>
/// <param name="Info">Element type and shape.</param>
/// <param name="Begin">Offset of the first byte, relative to the end of the header.</param>
/// <param name="End">Offset after the last byte, relative to the end of the header.</param>
internal sealed record SafetensorsEntry(TensorInfo Info, long Begin, long End);

/// <summary>
/// The JSON header of a safetensors file, with the checks of the reference implementation: no duplicate names, and tensors that cover the data without gaps and overlaps.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The largest header that the reference implementation accepts.</summary>
    public const long MaximumBytes = 100_000_000;

    /// <summary>The reserved name of the metadata.</summary>
    public const string MetadataKey = "__metadata__";

    private readonly string source;

    private SafetensorsHeader(string source) => this.source = source;

    public OrderedDictionary<string, SafetensorsEntry> Entries { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Parses and checks a header.</summary>
    /// <param name="json">The JSON.</param>
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
                    throw new CheckpointException($"{source}: the safetensors header has duplicate metadata.");
                }

                sawMetadata = true;
                ReadMetadata(ref reader);
            }
            else if (!Entries.TryAdd(name, ReadEntry(ref reader, name)))
            {
                throw new CheckpointException($"{source}: the safetensors header has the tensor '{PrintableText.Of(name)}' twice.");
            }
        }

        while (reader.Read())
        {
            // Utf8JsonReader throws if anything but white space follows the value.
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
                throw new CheckpointException($"{source}: the safetensors metadata has the key '{PrintableText.Of(key)}' twice.");
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
                throw new CheckpointException($"{source}: tensor '{PrintableText.Of(name)}' has the duplicate or unknown field '{PrintableText.Of(field)}'.");
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
            throw new CheckpointException($"{source}: tensor '{PrintableText.Of(name)}' has no dtype, no shape or no pair of data_offsets.");
        }

        if (!ElementTypes.TryParseSafetensors(dtype, out var type))
        {
            throw new CheckpointException(
                $"{source}: tensor '{PrintableText.Of(name)}' has the dtype '{PrintableText.Of(dtype, 20)}'; F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL are supported.");
        }

        var info = new TensorInfo(type, shape);
        if (!ElementTypes.TryCount(shape, out var count) || begin > end || (end - begin) / ElementTypes.SizeOf(type) != count
            || (end - begin) % ElementTypes.SizeOf(type) != 0)
        {
            throw new CheckpointException($"{source}: the data_offsets {begin} to {end} of tensor '{PrintableText.Of(name)}' do not match its dtype {dtype} and shape {info.ShapeText}.");
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
                    $"{source}: the {field} of tensor '{PrintableText.Of(name)}' is invalid; at most {limit} integers from 0 to {long.MaxValue} are expected.");
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
            throw new CheckpointException($"{source}: the safetensors header has {reader.TokenType} at offset {reader.TokenStartIndex}; {type} is expected.");
        }
    }

    private void CheckCoverage(long dataLength)
    {
        var position = 0L;
        foreach (var (name, entry) in Entries.OrderBy(e => e.Value.Begin).ThenBy(e => e.Value.End))
        {
            if (entry.Begin != position)
            {
                var fault = entry.Begin < position ? "overlaps the previous tensor" : "leaves a gap after the previous tensor";
                throw new CheckpointException($"{source}: tensor '{PrintableText.Of(name)}' at offset {entry.Begin} {fault}, which ends at offset {position}.");
            }

            position = entry.End;
        }

        if (position != dataLength)
        {
            throw new CheckpointException($"{source}: the tensors have {position} bytes, but {dataLength} bytes follow the header.");
        }
    }
}
