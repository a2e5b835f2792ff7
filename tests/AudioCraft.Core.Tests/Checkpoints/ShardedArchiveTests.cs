using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

public sealed class ShardedArchiveTests : IDisposable
{
    private readonly string directory = System.IO.Directory.CreateTempSubdirectory("shards").FullName;

    public ShardedArchiveTests()
    {
        File.Copy(Golden.File("t5_tiny_relu", "weights.safetensors"), Path.Combine(directory, "model-00001-of-00002.safetensors"));
        File.Copy(Golden.File("t5_tiny_relu", "pytorch_model.bin"), Path.Combine(directory, "model-00002-of-00002.bin"));
    }

    private string Index => Path.Combine(directory, "model.safetensors.index.json");

    public void Dispose() => System.IO.Directory.Delete(directory, recursive: true);

    private ShardedArchive Open(string json)
    {
        File.WriteAllText(Index, json);
        return ShardedArchive.Open(Index);
    }

    [Fact]
    public void Tensors_come_from_the_file_that_the_index_names()
    {
        using var scope = NewDisposeScope();
        using var whole = SafetensorsFile.Open(Golden.File("t5_tiny_relu", "weights.safetensors"));
        var names = whole.Tensors.Keys.ToArray();
        var map = names.Select((name, i) => $"\"{name}\": \"model-0000{(i % 2) + 1}-of-00002.{(i % 2 == 0 ? "safetensors" : "bin")}\"");
        using var archive = Open($"{{\"metadata\": {{}}, \"weight_map\": {{{string.Join(",", map)}}}}}");
        Assert.Equal(names, archive.Tensors.Keys);
        foreach (var name in names)
        {
            var into = empty(whole.Tensors[name].Shape.ToArray());
            archive.ReadInto(name, into);
            Exactly.Equal(whole.Read(name), archive.Read(name));
            Exactly.Equal(whole.Read(name), into);
        }

        using var encoder = T5Encoder.Load(T5Config.Load(Golden.File("t5_tiny_relu", "config.json")), archive);
        Exactly.Equal(whole.Read("shared.weight"), encoder.state_dict()["shared.weight"]);
    }

    [Theory]
    [InlineData("", "index.json")]
    [InlineData("[]", "weight_map")]
    [InlineData("{\"weight_map\": 3}", "weight_map")]
    [InlineData("{\"weight_map\": {\"a\": 3}}", "'a'")]
    [InlineData("{\"weight_map\": {\"a\": \"\"}}", "'a'")]
    [InlineData("{\"weight_map\": {\"a\": \"/etc/passwd\"}}", "/etc/passwd")]
    [InlineData("{\"weight_map\": {\"a\": \"../x.safetensors\"}}", "../x.safetensors")]
    [InlineData("{\"weight_map\": {\"a\": \"c:x.bin\"}}", "c:x.bin")]
    [InlineData("{\"weight_map\": {\"a\": \"gone.safetensors\"}}", "gone.safetensors")]
    [InlineData("{\"weight_map\": {\"a\": \"model-00001-of-00002.safetensors\"}}", "'a'")]
    public void An_index_that_names_what_is_not_there_or_is_elsewhere_is_an_error(string json, string named) =>
        Assert.Contains(named, Assert.Throws<CheckpointException>(() => Open(json)).Message, StringComparison.Ordinal);
}
