using System.Buffers.Binary;
using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;

namespace AudioCraft.Hub;

/// <summary>The encoder's tensors of a T5's <c>model.safetensors</c> as a separate file: its header, and the ranges of the whole file that follow it.</summary>
internal sealed class EncoderPart
{
    private const int PrefixBytes = 8;

    private EncoderPart(byte[] head, IReadOnlyList<ByteRun> runs)
    {
        Head = head;
        Runs = runs;
    }

    /// <summary>The new file's first bytes: the length of the header, and the header.</summary>
    public byte[] Head { get; }

    /// <summary>The data, as ranges of the whole file.</summary>
    public IReadOnlyList<ByteRun> Runs { get; }

    /// <summary>Bytes of the data.</summary>
    public long DataLength => Runs.Sum(run => run.Length);

    /// <summary>Bytes at the start of the whole file that contain its header.</summary>
    /// <param name="start">At least the first eight bytes.</param>
    /// <param name="file">The whole file, for its size and for messages.</param>
    /// <exception cref="CheckpointException">The file is not a safetensors file.</exception>
    public static long HeadLength(ReadOnlySpan<byte> start, RemoteFile file)
    {
        var length = start.Length < PrefixBytes ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(start);
        return length is > 0 and <= SafetensorsHeader.MaximumBytes && (long)length <= file.Size - PrefixBytes
            ? PrefixBytes + (long)length
            : throw new CheckpointException($"{file.Address} is not a safetensors file: it claims a header of {length} bytes, and has {file.Size} bytes in all.");
    }

    /// <summary>Plans the part.</summary>
    /// <param name="head">The start of the whole file, of the length that <see cref="HeadLength"/> returns.</param>
    /// <param name="file">The whole file.</param>
    /// <exception cref="CheckpointException">The header is damaged or hostile, or there is no encoder.</exception>
    public static EncoderPart Of(ReadOnlySpan<byte> head, RemoteFile file)
    {
        var header = SafetensorsHeader.Parse(head[PrefixBytes..], file.Size - head.Length, file.Address.AbsoluteUri);
        var wanted = header.Entries.Where(entry => T5Encoder.IsOfEncoder(entry.Key, header.Entries.ContainsKey)).OrderBy(entry => entry.Value.Begin).ToList();
        // The embedding alone is not enough: in a file without an encoder it belongs to the decoder.
        if (!wanted.Exists(entry => entry.Key.StartsWith("encoder.block.", StringComparison.Ordinal)))
        {
            throw new CheckpointException($"{file.Address} has no tensor of a T5 encoder.");
        }

        var json = SafetensorsWriter.Header([.. wanted.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Info))], header.Metadata);
        var bytes = new byte[PrefixBytes + json.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, PrefixBytes);
        long start = head.Length;
        return new EncoderPart(bytes, Joined(wanted.Select(entry => new ByteRun(start + entry.Value.Begin, entry.Value.End - entry.Value.Begin))));
    }

    private static List<ByteRun> Joined(IEnumerable<ByteRun> runs)
    {
        var joined = new List<ByteRun>();
        foreach (var run in runs.Where(run => run.Length > 0))
        {
            if (joined.Count > 0 && joined[^1] is var last && last.Offset + last.Length == run.Offset)
            {
                joined[^1] = last with { Length = last.Length + run.Length };
            }
            else
            {
                joined.Add(run);
            }
        }

        return joined;
    }
}
