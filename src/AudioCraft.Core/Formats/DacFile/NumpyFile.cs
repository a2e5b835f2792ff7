using System.Buffers.Binary;
using System.Text;
using AudioCraft.Checkpoints;

namespace AudioCraft.Formats;

/// <summary>
/// Reads and writes <c>.npy</c> files (NumPy's format, versions 1 to 3) with one Python object. The pickle is read as data: it can name only the classes and functions
/// of <see cref="PickleGlobals"/>, and no code is run.
/// </summary>
internal static class NumpyFile
{
    private const int Alignment = 64, FixedBytes = 10;
    private const string ObjectHeader = "{'descr': '|O', 'fortran_order': False, 'shape': (), }";

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads the object.</summary>
    /// <exception cref="AudioFormatException">The bytes are not such a file or are damaged, or the pickle names something that is not allowed.</exception>
    public static object? ReadObject(byte[] bytes, string name)
    {
        if (!bytes.AsSpan().StartsWith(Magic) || bytes.Length < FixedBytes + 2)
        {
            throw new AudioFormatException($"{name} is not a .dac file: it is not in the .npy format.");
        }

        var version = bytes[6];
        var (start, length) = version == 1
            ? (FixedBytes, BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8)))
            : (FixedBytes + 2, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8)));
        if (version is < 1 or > 3 || length > bytes.Length - start)
        {
            throw new AudioFormatException($"{name}: the .npy header has version {version} and {length} bytes, of which {bytes.Length - start} exist.");
        }

        var header = Encoding.Latin1.GetString(bytes, start, (int)Math.Min(length, 1024));
        if (!IsOneObject(header))
        {
            throw new AudioFormatException($"{name}: the .npy file does not contain one Python object.");
        }

        try
        {
            var input = new PickleInput(bytes[(start + (int)length)..], name);
            var root = PickleReader.Read(input, _ => throw new CheckpointException($"{name}: the pickle refers to something outside the file."));
            return root is NumpyArray { Shape.Count: 0, Objects: [var item] }
                ? item
                : throw new AudioFormatException($"{name}: the .npy file does not contain one Python object.");
        }
        catch (CheckpointException e)
        {
            throw new AudioFormatException(e.Message, e);
        }
    }

    /// <summary>Writes the header that <c>numpy.save</c> writes before the pickle of an object.</summary>
    public static void WriteObjectHeader(Stream stream)
    {
        var total = (FixedBytes + ObjectHeader.Length + 1 + Alignment - 1) / Alignment * Alignment;
        var header = new byte[total];
        Magic.CopyTo(header);
        header[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)(total - FixedBytes));
        Encoding.ASCII.GetBytes(ObjectHeader.PadRight(total - FixedBytes - 1) + "\n").CopyTo(header.AsSpan(FixedBytes));
        stream.Write(header);
    }

    // Only NumPy writes such headers, so the spaces are always the same.
    private static bool IsOneObject(string header) =>
        (header.Contains("'descr': '|O'", StringComparison.Ordinal) || header.Contains("'descr': 'O'", StringComparison.Ordinal))
        && header.Contains("'fortran_order': False", StringComparison.Ordinal) && header.Contains("'shape': ()", StringComparison.Ordinal);
}
