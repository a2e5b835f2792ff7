using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Conditioning;

/// <summary>A file may contain the embedding of a T5 only under the name of one of the modules that share it.</summary>
public class T5TiedEmbeddingTests
{
    private const string Shared = "shared.weight";

    public static TheoryData<string, string> Aliases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var alias in new[] { Shared, "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight" })
            {
                foreach (var format in new[] { "safetensors", "sharded", "bin" })
                {
                    cases.Add(alias, format);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Aliases))]
    public void Embedding_loads_under_any_of_its_names(string alias, string format)
    {
        using var scope = NewDisposeScope();
        using var folder = Write(alias, format);
        using var expected = T5TextEncoder.Load(Golden.Directory(T5Fixture.Relu), CPU);
        using var loaded = T5TextEncoder.Load(folder.Path, CPU);
        Exactly.Equal(expected.Encoder.state_dict()[Shared], loaded.Encoder.state_dict()[Shared]);
        var (ids, mask) = loaded.Tokenize(["a dog barks"]);
        Exactly.Equal(expected.Encode(ids, mask), loaded.Encode(ids, mask));
    }

    [Fact]
    public void Preferred_name_is_used_if_several_exist()
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(Golden.File(T5Fixture.Relu, "weights.safetensors"));
        var tensors = file.Tensors.Keys.ToDictionary(name => name, file.Read);
        tensors["lm_head.weight"] = tensors["decoder.embed_tokens.weight"] = zeros_like(tensors[Shared]);
        tensors["encoder.embed_tokens.weight"] = tensors[Shared].clone();
        tensors.Remove(Shared, out var embedding);
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
        using var archive = SafetensorsFile.Open(folder.File("model.safetensors"));
        using var encoder = T5Encoder.Load(T5Fixture.Config(T5Fixture.Relu), archive);
        Exactly.Equal(embedding!, encoder.state_dict()[Shared]);
        Assert.True(T5Encoder.IsOfEncoder("encoder.embed_tokens.weight", tensors.ContainsKey));
        Assert.False(T5Encoder.IsOfEncoder("lm_head.weight", tensors.ContainsKey));
    }

    [Fact]
    public void Output_head_is_not_the_embedding_of_an_untied_T5()
    {
        using var folder = Write("lm_head.weight", "safetensors", ", \"tie_word_embeddings\": false}");
        var error = Assert.Throws<CheckpointException>(() => T5TextEncoder.Load(folder.Path, CPU));
        Assert.Contains("'shared.weight' is missing", error.Message, StringComparison.Ordinal);
    }

    private static TemporaryFolder Write(string alias, string format, string configEnd = "}")
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(Golden.File(T5Fixture.Relu, "weights.safetensors"));
        var tensors = file.Tensors.Keys.ToDictionary(name => name == Shared ? alias : name, file.Read);
        var folder = new TemporaryFolder();
        folder.Write("spiece.model", File.ReadAllBytes(Golden.File(T5Fixture.Relu, "spiece.model")));
        var config = File.ReadAllText(Golden.File(T5Fixture.Relu, "config.json")).TrimEnd();
        folder.Write("config.json", System.Text.Encoding.UTF8.GetBytes(config[..^1] + configEnd));
        switch (format)
        {
            case "bin":
                var pickle = new PickleWriter().Dictionary([.. tensors.Select(t => (t.Key, (object?)PickleWriter.Tensor("FloatStorage", t.Key, t.Value.numel(), 0, t.Value.shape, t.Value.stride())))]);
                folder.Write("pytorch_model.bin", TorchZipBuilder.Build(pickle, [.. tensors.Select(t => (t.Key, t.Value.bytes.ToArray()))]));
                break;
            case "sharded":
                var first = tensors.Where(t => t.Key != alias).ToDictionary();
                SafetensorsWriter.Write(folder.File("one.safetensors"), first);
                SafetensorsWriter.Write(folder.File("two.safetensors"), new Dictionary<string, Tensor> { [alias] = tensors[alias] });
                var map = tensors.Keys.ToDictionary(name => name, name => name == alias ? "two.safetensors" : "one.safetensors");
                folder.Write("model.safetensors.index.json", JsonSerializer.SerializeToUtf8Bytes(new { weight_map = map }));
                break;
            default:
                SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
                break;
        }

        return folder;
    }
}
