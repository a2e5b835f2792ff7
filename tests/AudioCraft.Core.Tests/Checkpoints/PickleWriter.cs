using System.Buffers.Binary;
using System.Text;

namespace AudioCraft.Tests.Checkpoints;

/// <summary>Writes pickles instruction by instruction, including invalid ones.</summary>
internal sealed class PickleWriter
{
    private readonly List<byte> bytes = [0x80, 2];

    public byte[] Stop() => [.. bytes, (byte)'.'];

    public PickleWriter Raw(params byte[] raw)
    {
        bytes.AddRange(raw);
        return this;
    }

    public PickleWriter Op(char opcode) => Raw((byte)opcode);

    public PickleWriter Global(string module, string name) => Raw([(byte)'c', .. Encoding.UTF8.GetBytes($"{module}\n{name}\n")]);

    public PickleWriter Value(object? value)
    {
        switch (value)
        {
            case null: return Op('N');
            case bool b: return Raw(b ? (byte)0x88 : (byte)0x89);
            case string s:
                var text = Encoding.UTF8.GetBytes(s);
                return Raw([(byte)'X', .. BitConverter.GetBytes(text.Length), .. text]);
            case int or long:
                return Raw([0x8a, 8, .. BitConverter.GetBytes(Convert.ToInt64(value, null))]);
            case long[] tuple:
                Op('(');
                foreach (var item in tuple)
                {
                    Value(item);
                }

                return Op('t');
            case Action<PickleWriter> write:
                write(this);
                return this;
            default: throw new ArgumentException($"{value} is not something that this writer writes.", nameof(value));
        }
    }

    /// <summary>A finished pickle of one dictionary.</summary>
    public byte[] Dictionary(params (string Key, object? Value)[] items)
    {
        Op('}').Op('(');
        foreach (var (key, value) in items)
        {
            Value(key).Value(value);
        }

        return Op('u').Stop();
    }

    /// <summary>A tensor as torch.save refers to it.</summary>
    public static Action<PickleWriter> Tensor(string storageType, string key, object count, object offset, long[] size, long[] stride) => p => p
        .Global("torch._utils", "_rebuild_tensor_v2").Op('(')
        .Op('(').Value("storage").Global("torch", storageType).Value(key).Value("cpu").Value(count).Op('t').Op('Q')
        .Value(offset).Value(size).Value(stride).Value(false).Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');
}
