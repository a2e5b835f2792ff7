using AudioCraft.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

public class ShardedSafetensorsTests
{
    private const string Index = "model.safetensors.index.json";

    [Fact]
    public void Tensors_are_read_from_the_shard_in_the_index()
    {
        using var folder = Shards("""{"metadata":{"total_size":8},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""");
        using var archive = HuggingFaceFiles.OpenWeights(folder.Path, memoryMap: true);
        Assert.Equal(["a", "b"], archive.Tensors.Keys);
        using var a = archive.Read("a");
        using var b = archive.Read("b");
        Assert.Equal(1, a.item<float>());
        Assert.Equal(2, b.item<float>());
    }

    [Theory]
    [InlineData("../one.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("C:one.safetensors")]
    [InlineData("sub\\\\one.safetensors")]
    [InlineData("..")]
    [InlineData("")]
    public void Shard_outside_the_directory_is_an_error_that_names_it(string shard)
    {
        using var folder = Shards($"{{\"weight_map\":{{\"a\":\"{shard}\"}}}}");
        var message = Assert.Throws<CheckpointException>(() => ShardedSafetensors.Open(folder.File(Index))).Message;
        Assert.Contains("plain name", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"weight_map":{"c":"one.safetensors"}}""", "'c'")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","a":"one.safetensors"}}""", "twice")]
    [InlineData("""{"weight_map":{"a":"none.safetensors"}}""", "none.safetensors")]
    [InlineData("""{"weight_map":{"a":1}}""", "JSON")]
    [InlineData("""{"weight_map":[]}""", "weight_map")]
    [InlineData("""[]""", "weight_map")]
    [InlineData("""{"weight_map":{"a":"one""", "JSON")]
    public void Bad_index_is_an_error_that_says_what_is_wrong(string index, string said)
    {
        using var folder = Shards(index);
        Assert.Contains(said, Assert.Throws<CheckpointException>(() => ShardedSafetensors.Open(folder.File(Index))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Directory_without_weights_is_an_error_that_lists_what_was_looked_for()
    {
        using var folder = new TemporaryFolder();
        var message = Assert.Throws<CheckpointException>(() => HuggingFaceFiles.OpenWeights(folder.Path, memoryMap: true)).Message;
        Assert.Contains("model.safetensors, model.safetensors.index.json, pytorch_model.bin", message, StringComparison.Ordinal);
    }

    private static TemporaryFolder Shards(string index)
    {
        var folder = new TemporaryFolder();
        using var one = ones(1);
        using var two = one.add(1);
        SafetensorsWriter.Write(folder.File("one.safetensors"), new Dictionary<string, Tensor> { ["a"] = one });
        SafetensorsWriter.Write(folder.File("two.safetensors"), new Dictionary<string, Tensor> { ["b"] = two });
        folder.Write(Index, System.Text.Encoding.UTF8.GetBytes(index));
        return folder;
    }
}
