using System.IO.Compression;
using AudioCraft.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

/// <summary>Tensors of one deflated storage are read in time proportional to the storage.</summary>
[Collection(ProcessWideState.Name)]
public class DeflatedStoragesTests
{
    private const int Length = 1 << 20, TensorBytes = 1 << 8;

    public static TheoryData<string> Orders() => ["ascending", "descending", "random", "repeated", "two storages in turn"];

    [Theory]
    [MemberData(nameof(Orders))]
    public void Many_tensors_of_a_storage_inflate_it_at_most_twice(string order)
    {
        var bytes = new byte[Length];
        new Random(1).NextBytes(bytes);
        var packed = Deflated(bytes);
        int[] ascending = [.. Enumerable.Range(0, Length / TensorBytes).Select(i => i * TensorBytes)];
        int[] offsets = order switch
        {
            "descending" => [.. ascending.Reverse()],
            "random" => [.. ascending.OrderBy(i => (i * 2654435761L) % 1000003)],
            "repeated" => [.. ascending, .. ascending],
            _ => ascending,
        };
        object[] storages = order.StartsWith("two", StringComparison.Ordinal) ? [new(), new()] : [new()];
        var inflated = 0L;
        LiveTensors.NoneLeft(() =>
        {
            using var archive = new DeflatedStorages();
            using var read = empty(TensorBytes, dtype: ScalarType.Byte);
            foreach (var offset in offsets)
            {
                foreach (var storage in storages)
                {
                    archive.Read(storage, Length, Open, offset, read);
                    Assert.True(read.bytes.SequenceEqual(bytes.AsSpan(offset, TensorBytes)));
                }
            }
        });
        var once = order is "ascending" ? 1 : 2;
        Assert.InRange(inflated, 1, once * storages.Length * (long)packed.Length);

        Stream Open() => new DeflateStream(new CountedStream(packed, count => inflated += count), CompressionMode.Decompress);
    }

    [Fact]
    public void Damaged_data_fail_on_every_read_and_leave_no_tensors()
    {
        var packed = Deflated(new byte[Length])[..^100];
        LiveTensors.NoneLeft(() =>
        {
            using var archive = new DeflatedStorages();
            using var read = empty(TensorBytes, dtype: ScalarType.Byte);
            var storage = new object();
            for (var i = 0; i < 3; i++)
            {
                var error = Record.Exception(() => archive.Read(storage, Length, Open, Length - TensorBytes, read));
                Assert.True(error is InvalidDataException or EndOfStreamException, $"{error}");
            }
        });

        Stream Open() => new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);
    }

    [Fact]
    public void Tensors_of_a_deflated_file_are_read_in_any_order()
    {
        const int Count = 2000;
        using var folder = new TemporaryFolder();
        var entries = Enumerable.Range(0, Count).Select(i => ($"w{i}", (object?)PickleWriter.Tensor("FloatStorage", "0", Count, i, [1], [1]))).ToArray();
        var floats = Enumerable.Range(0, Count).SelectMany(i => BitConverter.GetBytes((float)i)).ToArray();
        var path = folder.Write("x.pt", TorchZipBuilder.Build(CompressionLevel.Optimal, new PickleWriter().Dictionary(entries), ("0", floats)));
        LiveTensors.NoneLeft(() =>
        {
            using var file = TorchFile.Open(path);
            foreach (var i in Enumerable.Range(0, Count).Reverse())
            {
                using var read = file.Read($"w{i}");
                Assert.Equal(i, read.item<float>());
            }
        });
    }

    private static byte[] Deflated(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(bytes);
        }

        return packed.ToArray();
    }

    private sealed class CountedStream(byte[] bytes, Action<int> onRead) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer)
        {
            var read = base.Read(buffer);
            onRead(read);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = base.Read(buffer, offset, count);
            onRead(read);
            return read;
        }
    }
}
