using System.Buffers.Binary;
using System.Text;

namespace AudioCraft.Tests.Checkpoints;

/// <summary>Builds valid and invalid safetensors files.</summary>
internal static class Safetensors
{
    public static byte[] Build(string header, params byte[] data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        data.CopyTo(file, 8 + json.Length);
        return file;
    }
}
