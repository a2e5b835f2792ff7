using System.Diagnostics;
using System.IO.Compression;
using AudioCraft.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

/// <summary>Malicious files throw a typed error within a second and cause no allocation larger than the file.</summary>
[Collection(ProcessWideState.Name)]
public class HostileTorchFileTests
{
    private static readonly byte[] SixFloats = new byte[24];

    [Theory]
    [InlineData(6, 0, new long[] { 7 }, new long[] { 1 })] // one element too many
    [InlineData(6, 4, new long[] { 3 }, new long[] { 1 })] // beyond the end
    [InlineData(6, -1, new long[] { 3 }, new long[] { 1 })]
    [InlineData(6, 0, new long[] { 3 }, new long[] { -1 })]
    [InlineData(6, 0, new long[] { -3 }, new long[] { 1 })]
    [InlineData(6, 0, new long[] { 3 }, new long[] { 3 })] // strides beyond the end
    [InlineData(6, 0, new long[] { 1000000000 }, new long[] { 0 })] // one element repeated a billion times
    [InlineData(6, 0, new long[] { 2 }, new long[] { long.MaxValue })]
    [InlineData(6, long.MaxValue, new long[] { 2 }, new long[] { 1 })]
    [InlineData(6, 0, new long[] { 1L << 62, 1L << 62 }, new long[] { 1, 1 })] // the count overflows
    [InlineData(6, 0, new long[] { 0, 1L << 62, 4 }, new long[] { 1, 1, 1 })]
    [InlineData(6, 0, new long[] { 2, 3 }, new long[] { 1 })]
    [InlineData(7, 0, new long[] { 6 }, new long[] { 1 })] // the storage size exceeds the zip entry
    [InlineData(long.MaxValue, 0, new long[] { 6 }, new long[] { 1 })]
    [InlineData(-1, 0, new long[] { 6 }, new long[] { 1 })]
    public void Tensor_outside_its_storage_fails_on_open(long count, long offset, long[] size, long[] stride)
    {
        using var folder = new TemporaryFolder();
        var pickle = new PickleWriter().Dictionary(("w", PickleWriter.Tensor("FloatStorage", "0", count, offset, size, stride)));
        Assert.Throws<CheckpointException>(() => TorchFile.Open(folder.Write("x.pt", TorchZipBuilder.Build(pickle, ("0", SixFloats)))));
    }

    [Fact]
    public void Valid_tensor_is_read_stored_or_deflated()
    {
        using var folder = new TemporaryFolder();
        var pickle = new PickleWriter().Dictionary(
            ("w", PickleWriter.Tensor("FloatStorage", "0", 6, 1, [2, 2], [1, 2])), ("b", PickleWriter.Tensor("BoolStorage", "1", 2, 0, [2], [1])));
        var floats = Enumerable.Range(0, 6).SelectMany(i => BitConverter.GetBytes((float)i)).ToArray();
        foreach (var level in new[] { CompressionLevel.NoCompression, CompressionLevel.Optimal })
        {
            LiveTensors.NoneLeft(() =>
            {
                using var file = TorchFile.Open(folder.Write("x.pt", TorchZipBuilder.Build(level, pickle, ("0", floats), ("1", [0, 9]))));
                using var expected = tensor(new float[,] { { 1, 3 }, { 2, 4 } });
                using var read = file.Read("w");
                Exactly.Equal(expected, read);
                using var half = zeros(2, 2, dtype: ScalarType.Float16);
                file.ReadInto("w", half);
                Exactly.Equal(expected, half);
                using var truth = file.Read("b");
                Assert.Equal([false, true], truth.data<bool>().ToArray());
            });
        }
    }

    public static TheoryData<string, byte[]> Programs()
    {
        static PickleWriter New() => new();
        var data = new TheoryData<string, byte[]>
        {
            { "a name that runs code", New().Global("os", "system").Value("x").Raw(0x85).Op('R').Stop() },
            { "a name of builtins", New().Global("builtins", "eval").Stop() },
            { "the torch loader itself", New().Global("torch", "load").Stop() },
            { "a name by stack", New().Value("posix").Value("system").Raw(0x93).Stop() },
            { "a class by INST", New().Op('(').Raw([.. "ios\nsystem\n"u8]).Stop() },
            { "an extension", New().Raw(0x82, 1).Stop() },
            { "an object by protocol 0", [.. "cposix\nsystem\n(S'x'\ntR."u8] },
            { "a name without end", New().Op('c').Raw(new byte[100_000]).Stop() },
            { "a call of a dictionary", New().Op('}').Op(')').Op('R').Stop() },
            { "a class called as a function", New().Global("torch", "FloatStorage").Op(')').Op('R').Stop() },
            { "attributes on a number", New().Value(1).Op('}').Op('b').Stop() },
            { "items on a list", New().Op(']').Value(1).Value(2).Op('s').Stop() },
            { "items on a tuple", New().Op(')').Value(1).Op('a').Stop() },
            { "a key without a value", New().Op('}').Op('(').Value(1).Op('u').Stop() },
            { "an empty stack", New().Stop() },
            { "a pop below the mark", New().Value(1).Op('(').Op('0').Stop() },
            { "a tuple below the mark", New().Value(1).Op('(').Raw(0x85).Stop() },
            { "a mark that is not there", New().Value(1).Op('t').Stop() },
            { "a memo that is not there", New().Raw((byte)'j', 255, 255, 255, 255).Stop() },
            { "four gigabytes of text", New().Raw((byte)'X', 255, 255, 255, 255).Stop() },
            { "exabytes of bytes", New().Raw(0x8e, 255, 255, 255, 255, 255, 255, 255, 255).Stop() },
            { "exabytes of text", New().Raw(0x8d, 255, 255, 255, 255, 255, 255, 255, 127).Stop() },
            { "a frame beyond the end", New().Raw(0x95, 255, 255, 255, 255, 255, 255, 255, 127).Stop() },
            { "an integer of four gigabytes", New().Raw(0x8b, 255, 255, 255, 255).Stop() },
            { "text that is not UTF-8", New().Raw((byte)'X', 2, 0, 0, 0, 0xc3, 0x28).Stop() },
            { "a storage that is not one", New().Value(1).Op('Q').Stop() },
            { "a storage of no entry", New().Dictionary(("w", PickleWriter.Tensor("FloatStorage", "../x", 1, 0, [1], [1]))) },
            { "a storage of two kinds", New().Dictionary(("w", PickleWriter.Tensor("FloatStorage", "0", 6, 0, [1], [1])), ("v", PickleWriter.Tensor("HalfStorage", "0", 6, 0, [1], [1]))) },
            { "a complex storage", New().Dictionary(("w", PickleWriter.Tensor("ComplexFloatStorage", "0", 1, 0, [1], [1]))) },
            { "too many dimensions", New().Dictionary(("w", PickleWriter.Tensor("FloatStorage", "0", 6, 0, new long[1000], new long[1000]))) },
            { "a million marks", New().Raw(Enumerable.Repeat((byte)'(', 1_000_000).ToArray()).Stop() },
            { "two million dictionaries", New().Raw(Enumerable.Repeat((byte)'}', 2_000_000).ToArray()).Stop() },
            { "no end", New().Value(1).Stop()[..^1] },
        };
        return data;
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Hostile_pickle_is_a_typed_error_within_a_second(string what, byte[] pickle)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.pt", TorchZipBuilder.Build(pickle, ("0", SixFloats)));
        var legacy = folder.Write("legacy.pt", pickle);
        var watch = ProcessorTime.StartNew();
        LiveTensors.NoneLeft(() =>
        {
            Assert.Throws<CheckpointException>(() => TorchFile.Open(path));
            Assert.Throws<CheckpointException>(() => TorchFile.Open(legacy));
        });
        Assert.True(watch.Elapsed.TotalMilliseconds < 2000, $"{what}: {watch.Elapsed.TotalMilliseconds} ms for two files");
    }

    [Fact]
    public void Memo_bombs_deep_nesting_and_cycles_are_read_as_data()
    {
        using var folder = new TemporaryFolder();

        // Nested lists, each with ten references to the previous one: ten levels contain ten billion values.
        var bomb = new PickleWriter().Op(']').Raw((byte)'q', 0);
        for (byte i = 1; i < 11; i++)
        {
            bomb.Op(']').Raw((byte)'q', i).Op('(');
            for (var k = 0; k < 10; k++)
            {
                bomb.Raw((byte)'h', (byte)(i - 1));
            }

            bomb.Op('e');
        }

        var deep = new PickleWriter();
        for (var i = 0; i < 200_000; i++)
        {
            // A string that is popped keeps the ratio of memory to bytes that of real files.
            deep.Op(']').Value("").Op('0');
        }

        for (var i = 0; i < 199_999; i++)
        {
            deep.Op('a');
        }

        var circle = new PickleWriter().Op('}').Raw((byte)'q', 0).Value("a").Raw((byte)'h', 0).Op('s');
        foreach (var writer in new[] { bomb, deep, circle })
        {
            using var file = TorchFile.Open(folder.Write("x.pt", TorchZipBuilder.Build(writer.Stop())));
            Assert.Empty(file.Tensors);
        }

        using var circular = TorchFile.Open(folder.File("x.pt"));
        Assert.Same(circular.Root, circular.Find("a", "a", "a"));
        Assert.Empty(circular.StateDict("a", "a").Tensors);
    }

    [Fact]
    public void Zip_bomb_is_a_typed_error()
    {
        using var folder = new TemporaryFolder();
        var pickle = new PickleWriter().Dictionary(("w", PickleWriter.Tensor("ByteStorage", "0", 64 << 20, 0, [64 << 20], [1])));
        var path = folder.Write("bomb.pt", TorchZipBuilder.Build(CompressionLevel.SmallestSize, pickle, ("0", new byte[64 << 20])));
        Assert.InRange(new FileInfo(path).Length, 0, 1 << 20);
        Assert.Contains("compressed entries", Assert.Throws<CheckpointException>(() => TorchFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_deflated_data_is_a_typed_error_on_read()
    {
        using var folder = new TemporaryFolder();
        var pickle = new PickleWriter().Dictionary(("w", PickleWriter.Tensor("ByteStorage", "0", 4096, 0, [4096], [1])));
        var random = new byte[4096];
        new Random(1).NextBytes(random.AsSpan(0, 2048));
        var bytes = TorchZipBuilder.Build(CompressionLevel.Optimal, pickle, ("0", random));
        var refused = 0;
        LiveTensors.NoneLeft(() =>
        {
            for (var i = 0; i < bytes.Length; i += 7)
            {
                var damaged = (byte[])bytes.Clone();
                damaged[i] ^= 0x55;
                refused += Fuzz.IsRefused(() => TorchFile.Open(folder.Write("x.pt", damaged))) ? 1 : 0;
            }
        });
        Assert.InRange(refused, 1, bytes.Length);
    }

    [Fact]
    public void Missing_or_wrong_length_storages_of_the_legacy_format_are_errors()
    {
        using var folder = new TemporaryFolder();
        var good = File.ReadAllBytes(TestData.Checkpoint("legacy_views.pt"));
        var countAt = good.Length - (24 * 4) - 8;
        Assert.Equal(24, BitConverter.ToInt64(good, countAt));
        foreach (var count in new[] { -1, 0, 23, 25, long.MaxValue })
        {
            var bad = (byte[])good.Clone();
            BitConverter.TryWriteBytes(bad.AsSpan(countAt), count);
            Assert.Throws<CheckpointException>(() => TorchFile.Open(folder.Write("x.pt", bad)));
        }

        var renamed = (byte[])good.Clone();
        renamed[countAt - 4] ^= 1; // inside the list of keys
        Assert.Throws<CheckpointException>(() => TorchFile.Open(folder.Write("x.pt", renamed)));
    }
}
