using System.Buffers.Binary;
using System.Text;
using AudioCraft.Checkpoints;

namespace AudioCraft.Formats;

/// <summary>
/// A <c>.npy</c> file (NumPy's format, versions 1 to 3) that holds one Python object. The pickle in it is read as data: it can name no class or function
/// beyond those of <see cref="PickleGlobals"/>, and nothing of it is run.
/// </summary>
internal static class NumpyFile
{
    private const int Alignment = 64, FixedBytes = 10;
    private const string ObjectHeader = "{'descr': '|O', 'fortran_order': False, 'shape': (), }";

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>The object.</summary>
    /// <exception cref="AudioFormatException">The bytes are not such a file, or damaged, or the pickle names something that is not allowed.</exception>
    public static object? ReadObject(byte[] bytes, string name)
    {
        if (!bytes.AsSpan().StartsWith(Magic) || bytes.Length < FixedBytes + 2)
        {
            throw new AudioFormatException($"{name} is not a .npy file, which a .dac file is.");
        }

        var version = bytes[6];
        var (start, length) = version == 1
            ? (FixedBytes, BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8)))
            : (FixedBytes + 2, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8)));
        if (version is < 1 or > 3 || length > bytes.Length - start)
        {
            throw new AudioFormatException($"{name}: the .npy header is of version {version} and has {length} bytes, of which {bytes.Length - start} are there.");
        }

        var header = Encoding.Latin1.GetString(bytes, start, (int)Math.Min(length, 1024));
        if (!IsOneObject(header))
        {
            throw new AudioFormatException($"{name}: the .npy file holds something other than one Python object.");
        }

        try
        {
            var input = new PickleInput(bytes[(start + (int)length)..], name);
            var root = PickleReader.Read(input, _ => throw new CheckpointException($"{name}: the pickle refers to something outside the file."));
            return root is NumpyArray { Shape.Count: 0, Objects: [var item] }
                ? item
                : throw new AudioFormatException($"{name}: the .npy file holds something other than one Python object.");
        }
        catch (CheckpointException e)
        {
            throw new AudioFormatException(e.Message, e);
        }
    }

    /// <summary>Writes what <c>numpy.save</c> writes in front of the pickle of an object.</summary>
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

    // Written by NumPy's own code and nothing else, so that spaces are where it puts them.
    private static bool IsOneObject(string header) =>
        (header.Contains("'descr': '|O'", StringComparison.Ordinal) || header.Contains("'descr': 'O'", StringComparison.Ordinal))
        && header.Contains("'fortran_order': False", StringComparison.Ordinal) && header.Contains("'shape': ()", StringComparison.Ordinal);
}
