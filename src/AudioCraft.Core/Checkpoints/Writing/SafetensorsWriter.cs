using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Writes <c>.safetensors</c> files, one tensor at a time, to limit memory use. The file is written atomically.
/// Tensors of larger elements come first and the header is padded, so that every tensor of the result can be memory-mapped.
/// </summary>
public static class SafetensorsWriter
{
    private const int RunBytes = 256 << 20;
    private const int Alignment = 8;

    /// <summary>Writes every tensor of an archive with its stored type.</summary>
    /// <param name="path">The file to write; an existing one is replaced.</param>
    /// <param name="archive">The tensors.</param>
    /// <param name="metadata">Free text by key.</param>
    /// <param name="progress">Receives the bytes of tensor data written so far.</param>
    /// <param name="cancellationToken">Checked between tensors; on cancellation an existing file stays.</param>
    /// <exception cref="AudioCraftException">A tensor cannot be read, or the file cannot be written.</exception>
    public static void Write(
        string path, TensorArchive archive, IReadOnlyDictionary<string, string>? metadata = null, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(archive);
        Write(path, archive.Tensors, archive.Read, metadata, progress, cancellationToken);
    }

    /// <summary>Writes tensors by name, from any device. They are not disposed.</summary>
    /// <param name="path">The file to write; an existing one is replaced.</param>
    /// <param name="tensors">Names and tensors: real numbers, integers or booleans.</param>
    /// <param name="metadata">Free text by key.</param>
    /// <exception cref="ArgumentException">A tensor is complex, or a name is <c>__metadata__</c>.</exception>
    /// <exception cref="AudioCraftException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var infos = tensors.ToDictionary(t => t.Key, t => new TensorInfo(t.Value.dtype, t.Value.shape), StringComparer.Ordinal);
        Write(path, infos, name => tensors[name].detach(), metadata, null, CancellationToken.None);
    }

    private static void Write(
        string path, IReadOnlyDictionary<string, TensorInfo> infos, Func<string, Tensor> read, IReadOnlyDictionary<string, string>? metadata,
        IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (infos.ContainsKey(SafetensorsHeader.MetadataKey))
        {
            throw new ArgumentException($"A tensor cannot be named {SafetensorsHeader.MetadataKey}: the name is reserved by the format.", nameof(infos));
        }

        var order = infos.OrderByDescending(t => ElementTypes.SizeOf(t.Value.DType)).ToList();
        var header = Header(order, metadata);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            var written = 0L;
            foreach (var (name, info) in order)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var value = read(name);
                written += WriteData(stream, name, info, value);
                progress?.Report(written);
            }
        });
    }

    /// <summary>The JSON of a file whose tensors follow each other in this order, padded.</summary>
    internal static byte[] Header(List<KeyValuePair<string, TensorInfo>> order, IReadOnlyDictionary<string, string>? metadata)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataKey);
                foreach (var (key, value) in metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            var position = 0L;
            foreach (var (name, info) in order)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", ElementTypes.SafetensorsName(info.DType));
                WriteNumbers(json, "shape", info.Shape);
                var end = checked(position + (info.ElementCount * ElementTypes.SizeOf(info.DType)));
                WriteNumbers(json, "data_offsets", [position, end]);
                json.WriteEndObject();
                position = end;
            }

            json.WriteEndObject();
        }

        while (text.Length % Alignment != 0)
        {
            text.WriteByte((byte)' ');
        }

        return text.Length <= SafetensorsHeader.MaximumBytes
            ? text.ToArray()
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{order.Count} tensors and their metadata need a header of {text.Length} bytes; safetensors allows {SafetensorsHeader.MaximumBytes}."), nameof(metadata));
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static long WriteData(Stream stream, string name, TensorInfo info, Tensor value)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        if (value.dtype != info.DType || !info.Shape.SequenceEqual(value.shape))
        {
            throw new CheckpointException($"Tensor '{name}' changed while it was being written.");
        }

        var flat = value.detach().cpu().contiguous().view(-1);
        var count = flat.numel();
        long size = ElementTypes.SizeOf(info.DType), run = RunBytes / size;
        for (long done = 0; done < count; done += run)
        {
            using var part = flat.narrow(0, done, Math.Min(run, count - done));
            stream.Write(part.bytes);
        }

        return count * size;
    }
}
