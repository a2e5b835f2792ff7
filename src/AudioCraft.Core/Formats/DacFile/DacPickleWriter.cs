using System.Buffers.Binary;
using System.Text;

namespace AudioCraft.Formats;

/// <summary>
/// Writes the pickle of a <c>.dac</c> file with the same instructions as NumPy and Python's pickle, protocol 3. The bytes are identical to upstream's,
/// so every program that reads upstream's files reads these.
/// </summary>
internal sealed class DacPickleWriter(Stream stream)
{
    private readonly Dictionary<string, byte> texts = new(StringComparer.Ordinal);
    private byte memos;
    private byte reconstruct, arrayClass, kindOfArray, dtypeClass;

    /// <summary>Writes the object: codes and metadata in an array without dimensions, as <c>numpy.save</c> wraps an object.</summary>
    public void Write(DacFile file, ReadOnlySpan<ushort> codes)
    {
        Raw(0x80, 3);
        BeginArray();
        Raw((byte)'(', (byte)'K', 1, (byte)')');
        DType("O8", "|", flags: 63);
        Raw(0x89, (byte)']');
        Remember();
        BeginDictionary();
        Text("codes");
        Codes(file, codes);
        Text("metadata");
        BeginDictionary();
        Text("input_db");
        Loudness(file.InputLoudness);
        Text("original_length").Integer(file.OriginalLength);
        Text("sample_rate").Integer(file.SampleRate);
        Text("chunk_length").Integer(file.ChunkLength);
        Text("channels").Integer(file.Channels);
        Text("padding").Raw(file.Padded ? (byte)0x88 : (byte)0x89);
        Text("dac_version").Text(DacFile.Version);
        Raw((byte)'u', (byte)'u', (byte)'a', (byte)'t');
        Remember();
        Raw((byte)'b', (byte)'.');
    }

    private void Codes(DacFile file, ReadOnlySpan<ushort> codes)
    {
        BeginArray();
        Raw((byte)'(', (byte)'K', 1);
        Integer(file.Items).Integer(file.Codebooks).Integer(file.Frames).Raw(0x87);
        Remember();
        DType("u2", "<", flags: 0);
        Raw(0x89);
        var bytes = new byte[codes.Length * sizeof(ushort)];
        for (var i = 0; i < codes.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * sizeof(ushort)), codes[i]);
        }

        EndArray(bytes);
    }

    private void Loudness(IReadOnlyList<float> loudness)
    {
        BeginArray();
        Raw((byte)'(', (byte)'K', 1);
        Integer(loudness.Count).Raw(0x85);
        Remember();
        DType("f4", "<", flags: 0);
        Raw(0x89);
        var bytes = new byte[loudness.Count * sizeof(float)];
        for (var i = 0; i < loudness.Count; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), loudness[i]);
        }

        EndArray(bytes);
    }

    /// <summary><c>_reconstruct(ndarray, (0,), b'b')</c>.</summary>
    private void BeginArray()
    {
        var first = memos == 0;
        if (first)
        {
            reconstruct = Global("numpy.core.multiarray", "_reconstruct");
            arrayClass = Global("numpy", "ndarray");
        }
        else
        {
            Recall(reconstruct);
            Recall(arrayClass);
        }

        Raw((byte)'K', 0, 0x85);
        Remember();
        if (first)
        {
            Raw((byte)'C', 1, (byte)'b');
            kindOfArray = Remember();
        }
        else
        {
            Recall(kindOfArray);
        }

        Raw(0x87);
        Remember();
        Raw((byte)'R');
        Remember();
    }

    private void EndArray(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= byte.MaxValue)
        {
            Raw((byte)'C', (byte)bytes.Length);
        }
        else
        {
            Raw((byte)'B');
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            stream.Write(length);
        }

        stream.Write(bytes);
        Remember();
        Raw((byte)'t');
        Remember();
        Raw((byte)'b');
    }

    private void DType(string type, string order, byte flags)
    {
        if (type == "O8")
        {
            dtypeClass = Global("numpy", "dtype");
        }
        else
        {
            Recall(dtypeClass);
        }

        Text(type).Raw(0x89, 0x88, 0x87);
        Remember();
        Raw((byte)'R');
        Remember();
        Raw((byte)'(', (byte)'K', 3);
        Text(order).Raw((byte)'N', (byte)'N', (byte)'N', (byte)'J', 255, 255, 255, 255, (byte)'J', 255, 255, 255, 255, (byte)'K', flags, (byte)'t');
        Remember();
        Raw((byte)'b');
    }

    private void BeginDictionary()
    {
        Raw((byte)'}');
        Remember();
        Raw((byte)'(');
    }

    private byte Global(string module, string name)
    {
        Raw((byte)'c');
        stream.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
        return Remember();
    }

    private DacPickleWriter Text(string text)
    {
        if (texts.TryGetValue(text, out var memo))
        {
            Recall(memo);
            return this;
        }

        Raw((byte)'X', (byte)text.Length, 0, 0, 0);
        stream.Write(Encoding.ASCII.GetBytes(text));
        texts.Add(text, Remember());
        return this;
    }

    private DacPickleWriter Integer(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        switch (value)
        {
            case >= 0 and <= byte.MaxValue:
                return Raw((byte)'K', bytes[0]);
            case >= 0 and <= ushort.MaxValue:
                return Raw((byte)'M', bytes[0], bytes[1]);
            case <= int.MaxValue:
                return Raw((byte)'J', bytes[0], bytes[1], bytes[2], bytes[3]);
            default:
                // The fewest bytes that hold the number with its sign.
                var length = (64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)value)) / 8 + 1;
                Raw(0x8a, (byte)length);
                stream.Write(bytes[..length]);
                return this;
        }
    }

    private void Recall(byte memo) => Raw((byte)'h', memo);

    private byte Remember()
    {
        Raw((byte)'q', memos);
        return memos++;
    }

    private DacPickleWriter Raw(params ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        return this;
    }
}
