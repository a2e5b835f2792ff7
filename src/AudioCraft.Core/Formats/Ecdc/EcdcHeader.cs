using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using AudioCraft.Formats;

namespace AudioCraft;

/// <summary>The header of an <c>.ecdc</c> file (encodec/binary.py).</summary>
/// <param name="ModelName">The name of the codec, for example <c>encodec_24khz</c>.</param>
/// <param name="AudioLength">The number of samples per channel at the codec's sample rate, at least 1.</param>
/// <param name="Codebooks">The number of codebooks in use, at least 1.</param>
/// <param name="UsesLanguageModel">Whether the codes are compressed with a language model.</param>
public sealed record EcdcHeader(string ModelName, long AudioLength, int Codebooks, bool UsesLanguageModel)
{
    private const int MaxBytes = 1 << 16;
    private const int PrefixBytes = 9;

    private static ReadOnlySpan<byte> Magic => "ECDC"u8;

    /// <summary>The name of the codec for <see cref="CompressionModel.GetPretrained(string, TorchSharp.torch.Device)"/>: <c>facebook/encodec_24khz</c> or <c>facebook/encodec_48khz</c>; null for other codecs.</summary>
    public string? PretrainedName => ModelName is Names.Mono24 or Names.Stereo48 ? $"facebook/{ModelName}" : null;

    /// <summary>The bytes of the header: the magic number, version 0, the length of the JSON text, and the text with Python's spacing.</summary>
    internal byte[] ToBytes()
    {
        var text = $$"""{"m": "{{ModelName}}", "al": {{AudioLength}}, "nc": {{Codebooks}}, "lm": {{(UsesLanguageModel ? "true" : "false")}}}""";
        var bytes = new byte[PrefixBytes + text.Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(Magic.Length + 1), text.Length);
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(PrefixBytes));
        return bytes;
    }

    /// <exception cref="AudioFormatException">The header is damaged, truncated, or of another format or version.</exception>
    internal static EcdcHeader Read(ByteSource source)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        source.ReadExactly(prefix, "the header");
        if (!prefix.StartsWith(Magic))
        {
            throw source.Error("this is not an .ecdc file: it does not start with ECDC.");
        }

        if (prefix[Magic.Length] != 0)
        {
            throw source.Error($"the file has version {prefix[Magic.Length]} of the format, but only 0 is supported.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[(Magic.Length + 1)..]);
        if (length > MaxBytes)
        {
            throw source.Error($"the header states {length} bytes, but at most {MaxBytes} are supported.");
        }

        var text = new byte[length];
        source.ReadExactly(text, "the header");
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
            return Parse(json.RootElement, source);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new AudioFormatException($"{source.Name}: the header is not valid JSON: {e.Message}", e);
        }
    }

    private static EcdcHeader Parse(JsonElement root, ByteSource source)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw source.Error("the header is not a JSON object.");
        }

        return Member(root, "m", source) is { ValueKind: JsonValueKind.String } model
            && Member(root, "al", source) is { ValueKind: JsonValueKind.Number } audio && audio.TryGetInt64(out var length) && length >= 1
            && Member(root, "nc", source) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var codebooks) && codebooks >= 1
            && Member(root, "lm", source) is { ValueKind: JsonValueKind.True or JsonValueKind.False } flag
            ? new EcdcHeader(model.GetString()!, length, codebooks, flag.GetBoolean())
            : throw source.Error(
                "the header needs \"m\" (the model's name), \"al\" (samples, a whole number from 1), \"nc\" (codebooks, a whole number from 1) and \"lm\" (true or false).");
    }

    private static JsonElement Member(JsonElement root, string name, ByteSource source) =>
        root.TryGetProperty(name, out var value) ? value : throw source.Error($"the header has no \"{name}\".");

    /// <summary>Upstream's names of the released codecs.</summary>
    internal static class Names
    {
        public const string Mono24 = "encodec_24khz", Stereo48 = "encodec_48khz";
    }
}
