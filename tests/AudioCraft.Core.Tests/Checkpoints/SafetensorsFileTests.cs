using AudioCraft.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

[Collection(ProcessWideState.Name)]
public class SafetensorsFileTests
{
    // Two tensors, the first with four bytes. A space in the header aligns the data to 8 bytes.
    private const string Header =
        """{"__metadata__":{"format":"pt"},"b":{"dtype":"I16","shape":[2],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]}} """;

    private static readonly byte[] Data = [1, 0, 255, 255, 0, 0, 128, 63, 0, 0, 0, 192];

    [Fact]
    public void Tensors_are_listed_in_file_order_with_shapes()
    {
        using var archive = Golden.Tensors("audiogen_tiny_checkpoint");
        Assert.Equal([2, 4, 40], archive.Tensors["generate/tokens"].Shape);
        Assert.Equal(ScalarType.Int64, archive.Tensors["generate/tokens"].DType);
        using var tokens = archive.Read("generate/tokens");
        Assert.Equal([2, 4, 40], tokens.shape);
        using var largest = tokens.max();
        Assert.InRange(largest.item<long>(), 0, 63);
    }

    [Fact]
    public void Read_TryMap_and_ReadInto_give_equal_values_and_leak_nothing()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.safetensors", Safetensors.Build(Header, Data));
        LiveTensors.NoneLeft(() =>
        {
            using var archive = SafetensorsFile.Open(path);
            Assert.Equal(["b", "a"], archive.Tensors.Keys);
            Assert.Equal("pt", archive.Metadata["format"]);
            using var read = archive.Read("a");
            using var mapped = archive.TryMap("a");
            using var half = zeros(1, 2, dtype: ScalarType.Float16);
            using var strided = zeros(2, 1, dtype: ScalarType.Float64);
            using var turned = strided.t();
            archive.ReadInto("a", half);
            archive.ReadInto("a", turned);
            Assert.Equal([1f, -2f], read.data<float>().ToArray());
            Assert.Equal([1.0, -2.0], strided.data<double>().ToArray());
            using var widened = half.to(ScalarType.Float32);
            Assert.Equal([1f, -2f], widened.data<float>().ToArray());
            if (mapped is not null)
            {
                Exactly.Equal(read, mapped);
            }
        });
    }

    [Fact]
    public void Mapped_tensor_outlives_the_archive_and_writes_do_not_reach_the_file()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.safetensors", Safetensors.Build(Header + new string(' ', (8 - ((8 + Header.Length + 4) % 8)) % 8), Data));
        var before = File.ReadAllBytes(path);
        Tensor mapped;
        using (var archive = SafetensorsFile.Open(path))
        {
            mapped = archive.TryMap("a")!;
            Assert.NotNull(mapped);
        }

        using (mapped)
        {
            mapped.add_(1);
            Assert.Equal([2f, -1f], mapped.data<float>().ToArray());
        }

        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void Misaligned_header_reads_but_does_not_map()
    {
        using var folder = new TemporaryFolder();
        var header = Header;
        while ((8 + header.Length + 4) % 4 != 1)
        {
            header += " ";
        }

        using var archive = SafetensorsFile.Open(folder.Write("x.safetensors", Safetensors.Build(header, Data)));
        Assert.Null(archive.TryMap("a"));
        using var read = archive.Read("a");
        Assert.Equal([1f, -2f], read.data<float>().ToArray());
    }

    [Fact]
    public void Booleans_are_true_for_any_nonzero_byte()
    {
        using var folder = new TemporaryFolder();
        using var archive = SafetensorsFile.Open(
            folder.Write("x.safetensors", Safetensors.Build("""{"m":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}}""", 0, 1, 7)));
        using var read = archive.Read("m");
        Assert.Equal([false, true, true], read.data<bool>().ToArray());
        using var sum = read.sum();
        Assert.Equal(2, sum.item<long>());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[5,9]}}""", 9, "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, "4 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 3, "4 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "[2]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "integers from 0")]
    [InlineData("""{"a":{"dtype":"F8_E5M2","shape":[4],"data_offsets":[0,4]}}""", 4, "F8_E5M2")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":1}}""", 4, "extra")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "has no dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}x""", 4, "JSON")]
    [InlineData("""{"a\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "JSON")]
    [InlineData("""[]""", 0, "StartArray")]
    [InlineData("", 0, "")]
    public void Bad_header_is_an_error_that_says_what_is_wrong(string header, int dataLength, string said)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("bad.safetensors", Safetensors.Build(header, new byte[dataLength]));
        Assert.Contains(said, Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path).Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Header_longer_than_the_file_or_the_limit_is_not_read()
    {
        using var folder = new TemporaryFolder();
        foreach (var length in new ulong[] { 3, 100_000_001, long.MaxValue, ulong.MaxValue })
        {
            var path = folder.Write("bad.safetensors", [.. BitConverter.GetBytes(length), (byte)'{', (byte)'}']);
            Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path));
        }
    }

    [Fact]
    public void Missing_or_misshapen_tensor_is_named_in_the_error()
    {
        using var archive = Golden.Tensors("audiogen_tiny_checkpoint");
        Assert.Contains("'nothing'", Assert.Throws<CheckpointException>(() => archive.Read("nothing")).Message, StringComparison.Ordinal);
        using var wrong = zeros(1, 4, 40);
        var message = Assert.Throws<CheckpointException>(() => archive.ReadInto("generate/tokens", wrong)).Message;
        Assert.Contains("[2, 4, 40]", message, StringComparison.Ordinal);
        Assert.Contains("[1, 4, 40]", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_file_or_a_folder_is_a_CheckpointException()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(folder.File("none.safetensors")));
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(folder.Path));
    }
}
