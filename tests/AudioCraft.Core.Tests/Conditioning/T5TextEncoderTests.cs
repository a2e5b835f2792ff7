using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Conditioning;

public sealed class T5TextEncoderTests : IDisposable
{
    private readonly string directory = System.IO.Directory.CreateTempSubdirectory("t5").FullName;

    public void Dispose() => System.IO.Directory.Delete(directory, recursive: true);

    private void Copy(string source, params string[] files)
    {
        foreach (var file in files)
        {
            File.Copy(Golden.File(source, file), Path.Combine(directory, file == "weights.safetensors" ? "model.safetensors" : file));
        }
    }

    [Fact]
    public void Both_weight_formats_load_the_same_encoder()
    {
        using var scope = NewDisposeScope();
        Copy(T5Fixture.Relu, "config.json", "spiece.model", "tokenizer_config.json", "weights.safetensors");
        using var safe = T5TextEncoder.Load(directory, CPU);
        using var zip = T5TextEncoder.Load(Golden.Directory(T5Fixture.Relu), CPU);
        var (ids, mask) = safe.Tokenize(["rain", null]);
        Exactly.Equal(zip.Encode(ids, mask), safe.Encode(ids, mask));
        Assert.Equal(24, safe.Dimension);
    }

    [Fact]
    public void Text_encoder_of_the_tiny_AudioGen_loads()
    {
        using var encoder = T5TextEncoder.Load(Path.Combine(Golden.Directory("audiogen_tiny_checkpoint"), "t5"), CPU);
        Assert.Equal(24, encoder.Dimension);
    }

    [Fact]
    public void Sentinel_count_is_read_and_must_fit_the_embedding()
    {
        Copy(T5Fixture.Relu, "config.json", "spiece.model", "weights.safetensors");
        var path = Path.Combine(directory, "tokenizer_config.json");
        foreach (var (json, expected) in new[] { ("{\"extra_ids\":28}", 28), ("{\"extra_ids\":null}", 0), ("{\"eos_token\":{\"content\":\"</s>\"}}", 0) })
        {
            File.WriteAllText(path, json);
            using var encoder = T5TextEncoder.Load(directory, CPU);
            Assert.Equal(expected, encoder.Tokenizer.ExtraIds);
        }

        File.Delete(path);
        using var silent = T5TextEncoder.Load(directory, CPU);
        Assert.Equal(0, silent.Tokenizer.ExtraIds);
    }

    [Theory]
    [InlineData("{\"extra_ids\":29}", "29")]
    [InlineData("{\"extra_ids\":-1}", "-1")]
    [InlineData("{\"extra_ids\":\"many\"}", "many")]
    [InlineData("{\"eos_token\":\"<end>\"}", "<end>")]
    [InlineData("{\"pad_token\":{\"content\":\"[PAD]\"}}", "[PAD]")]
    [InlineData("{\"eos_token\":\"\\ud800\"}", "tokenizer_config.json")]
    [InlineData("[", "tokenizer_config.json")]
    [InlineData("7", "tokenizer_config.json")]
    public void Unsupported_tokenizer_configuration_is_named(string json, string named)
    {
        Copy(T5Fixture.Relu, "config.json", "spiece.model", "weights.safetensors");
        File.WriteAllText(Path.Combine(directory, "tokenizer_config.json"), json);
        Assert.Contains(named, Assert.Throws<CheckpointException>(() => T5TextEncoder.Load(directory, CPU)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_are_listed()
    {
        var absent = Path.Combine(directory, "absent");
        Assert.Contains(absent, Assert.Throws<CheckpointException>(() => T5TextEncoder.Load(absent, CPU)).Message, StringComparison.Ordinal);

        Copy(T5Fixture.Relu, "config.json");
        var message = Assert.Throws<CheckpointException>(() => T5TextEncoder.Load(directory, CPU)).Message;
        Assert.Contains("looked for config.json and spiece.model; missing: spiece.model", message, StringComparison.Ordinal);

        Copy(T5Fixture.Relu, "spiece.model");
        message = Assert.Throws<CheckpointException>(() => T5TextEncoder.Load(directory, CPU)).Message;
        Assert.Contains("model.safetensors, model.safetensors.index.json, pytorch_model.bin", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sharded_weights_load()
    {
        using var scope = NewDisposeScope();
        Copy(T5Fixture.Relu, "config.json", "spiece.model", "tokenizer_config.json");
        File.Copy(Golden.File(T5Fixture.Relu, "weights.safetensors"), Path.Combine(directory, "model-00001-of-00001.safetensors"));
        using var whole = SafetensorsFile.Open(Golden.File(T5Fixture.Relu, "weights.safetensors"));
        var map = whole.Tensors.Keys.ToDictionary(name => name, _ => "model-00001-of-00001.safetensors");
        File.WriteAllText(Path.Combine(directory, "model.safetensors.index.json"), JsonSerializer.Serialize(new { weight_map = map }));
        using var encoder = T5TextEncoder.Load(directory, CPU);
        var (ids, mask) = encoder.Tokenize(["rain"]);
        Assert.Equal([1L, ids.size(1), 24L], encoder.Encode(ids, mask).shape);
    }

    [Fact]
    public void Flipped_configuration_bytes_throw_or_work()
    {
        Copy(T5Fixture.Relu, "config.json", "spiece.model", "tokenizer_config.json", "weights.safetensors");
        var random = new Random(20261122);
        var (loaded, rejected) = (0, 0);
        foreach (var name in new[] { "config.json", "tokenizer_config.json" })
        {
            var path = Path.Combine(directory, name);
            var whole = File.ReadAllBytes(path);
            for (var round = 0; round < 100; round++)
            {
                var bytes = (byte[])whole.Clone();
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                File.WriteAllBytes(path, bytes);
                try
                {
                    T5TextEncoder.Load(directory, CPU).Dispose();
                    loaded++;
                }
                catch (CheckpointException)
                {
                    rejected++;
                }
            }

            File.WriteAllBytes(path, whole);
        }

        Assert.True(loaded > 0 && rejected > 0, $"{loaded} loaded, {rejected} rejected");
    }

    [Fact]
    public void Weights_of_another_shape_throw()
    {
        Copy(T5Fixture.Relu, "spiece.model", "weights.safetensors");
        Copy(T5Fixture.Gated, "config.json");
        Assert.Contains("shared.weight", Assert.Throws<CheckpointException>(() => T5TextEncoder.Load(directory, CPU)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Vocabulary_larger_than_the_embedding_throws()
    {
        Copy(T5Fixture.Relu, "spiece.model", "weights.safetensors");
        var config = File.ReadAllText(Golden.File(T5Fixture.Relu, "config.json")).Replace("1028", "900", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(directory, "config.json"), config);
        Assert.Contains("900", Assert.Throws<CheckpointException>(() => T5TextEncoder.Load(directory, CPU)).Message, StringComparison.Ordinal);
    }
}
