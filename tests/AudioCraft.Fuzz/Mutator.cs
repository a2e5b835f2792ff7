namespace AudioCraft.Fuzz;

/// <summary>Changes bytes at random, reproducibly from a seed: values at the limits of integers, moved, repeated and removed ranges, parts of other inputs, changed decimal numbers.</summary>
internal sealed class Mutator(int seed)
{
    private static readonly long[] Limits =
    [
        0, 1, -1, 2, 7, 8, 15, 16, 127, 128, 255, 256, 32767, 32768, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, 0x7FFFF000, long.MaxValue, long.MinValue, 1L << 40,
    ];

    private static readonly string[] Numbers = ["0", "-1", "1", "2147483647", "2147483648", "4294967296", "9223372036854775807", "1e308", "-0", "0.5", "null", "NaN", "99999999999999999999"];

    private readonly Random random = new(seed);

    /// <summary>A changed copy of an input.</summary>
    /// <param name="input">The original bytes.</param>
    /// <param name="other">Another input, from which parts are copied.</param>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        var bytes = new List<byte>(input);
        for (var changes = 1 + random.Next(random.Next(1, 8)); changes > 0; changes--)
        {
            Change(bytes, other);
        }

        return [.. bytes];
    }

    private void Change(List<byte> bytes, byte[] other)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)random.Next(256));
            return;
        }

        // Headers are short and at the beginning of most formats: half of the changes are made in the first 256 bytes.
        var at = random.Next(random.Next(2) == 0 ? bytes.Count : Math.Min(bytes.Count, 256));
        var length = Math.Min(bytes.Count - at, 1 + random.Next(1 << random.Next(10)));
        switch (random.Next(11))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
            case 3:
                WriteLimit(bytes, at);
                break;
            case 4:
                bytes.RemoveRange(at, length);
                break;
            case 5:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 6:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 7:
                for (var i = 0; i < length; i++)
                {
                    bytes[at + i] = (byte)random.Next(256);
                }

                break;
            case 8 when other.Length > 0:
                var from = random.Next(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(other.Length - from, length)));
                break;
            case 9:
                ReplaceNumber(bytes, at);
                break;
            default:
                var to = random.Next(bytes.Count);
                (bytes[at], bytes[to]) = (bytes[to], bytes[at]);
                break;
        }
    }

    private void WriteLimit(List<byte> bytes, int at)
    {
        var value = Limits[random.Next(Limits.Length)];
        var size = 1 << random.Next(4);
        var bigEndian = random.Next(4) == 0;
        for (var i = 0; i < size && at + i < bytes.Count; i++)
        {
            bytes[at + i] = (byte)(value >> (8 * (bigEndian ? size - 1 - i : i)));
        }
    }

    private void ReplaceNumber(List<byte> bytes, int at)
    {
        var start = bytes.FindIndex(at, value => value is >= (byte)'0' and <= (byte)'9');
        if (start < 0)
        {
            return;
        }

        var end = start;
        while (end < bytes.Count && bytes[end] is >= (byte)'0' and <= (byte)'9')
        {
            end++;
        }

        bytes.RemoveRange(start, end - start);
        bytes.InsertRange(start, Numbers[random.Next(Numbers.Length)].Select(letter => (byte)letter));
    }
}
