using System.Text.Json.Nodes;
using AudioCraft.Checkpoints;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

[Collection(ProcessWideState.Name)]
public class MusicGenTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void HuggingFace_layout_gives_the_same_tokens_and_audio(bool sharded)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        HuggingFaceMusicGen.Write(folder, sharded);
        using var original = AudioGen.GetPretrained(Golden.Directory("audiogen_tiny_checkpoint"), CPU);
        using var converted = MusicGen.GetPretrained(folder.Path, CPU);
        Assert.Equal((original.MaxDuration, original.SampleRate, original.FrameRate), (converted.MaxDuration, converted.SampleRate, converted.FrameRate));
        original.GenerationParams = converted.GenerationParams = new GenerationParams { Duration = 0.7, Seed = 12 };
        var (wantAudio, wantTokens) = original.GenerateWithTokens(["a slow piano", "drums"]);
        var (haveAudio, haveTokens) = converted.GenerateWithTokens(["a slow piano", "drums"]);
        Exactly.Equal(wantTokens, haveTokens);
        Near.Equal(wantAudio, haveAudio, 1e-6);
    }

    [Fact]
    public async Task Stereo_model_gives_the_same_audio_whole_streamed_and_from_both_layouts()
    {
        using var original = TinyCheckpoint.Stereo();
        using var folder = new TemporaryFolder();
        HuggingFaceMusicGen.Write(folder, change: root => (root["decoder"]!["audio_channels"], root["decoder"]!["num_codebooks"]) = (2, 8), source: original.Path);
        using var first = AudioGen.GetPretrained(original.Path, CPU);
        using var second = MusicGen.GetPretrained(folder.Path, CPU);
        Assert.Equal((2, 2), (first.AudioChannels, second.AudioChannels));
        first.GenerationParams = second.GenerationParams = new GenerationParams { Duration = 0.7, Seed = 4 };
        var (audio, tokens) = first.GenerateWithTokens(["drums"]);
        var (other, otherTokens) = second.GenerateWithTokens(["drums"]);
        Assert.Equal([1, 8, 35], tokens.shape);
        Assert.Equal([1, 2, 35 * 320], audio.shape);
        Exactly.Equal(tokens, otherTokens);
        Near.Equal(audio, other, 1e-6);
        using var left = audio[0, 0];
        using var right = audio[0, 1];
        Assert.False(left.allclose(right));

        var chunks = new List<Tensor>();
        await foreach (var chunk in first.GenerateStreamingAsync("drums"))
        {
            chunks.Add(chunk.Audio);
        }

        using var joined = cat([.. chunks], 1);
        using var whole = audio[0];
        Near.Equal(whole, joined, 1e-4);
        foreach (var tensor in chunks.Concat([audio, tokens, other, otherTokens]))
        {
            tensor.Dispose();
        }
    }

    [Fact]
    public void AudioGen_in_HuggingFace_layout_loads_and_leaks_no_tensors()
    {
        using var folder = new TemporaryFolder();
        HuggingFaceMusicGen.Write(folder);
        LiveTensors.NoneLeftOfModules(() =>
        {
            using var model = AudioGen.GetPretrained(folder.Path, CPU);
            model.GenerationParams = new GenerationParams { Duration = 0.2 };
            model.Generate("rain").Dispose();
        });
    }

    [Fact]
    public void Default_parameters_match_upstream()
    {
        using var folder = TinyCheckpoint.Converted(yaml => yaml.Replace("solver: audiogen", "solver: musicgen", StringComparison.Ordinal));
        using var model = MusicGen.GetPretrained(folder.Path, CPU);
        Assert.Equal(new GenerationParams { Duration = 15, ExtendStride = 18 }, model.GenerationParams);
        model.SetGenerationParams();
        Assert.Equal(new GenerationParams { Duration = 30, ExtendStride = 18 }, model.GenerationParams);
    }

    [Fact]
    public void Checkpoint_of_the_other_class_throws_and_names_the_class()
    {
        using var music = TinyCheckpoint.Converted(yaml => yaml.Replace("solver: audiogen", "solver: musicgen", StringComparison.Ordinal));
        using var unknown = TinyCheckpoint.Converted(yaml => yaml.Replace("solver: audiogen", "solver: other", StringComparison.Ordinal));
        using var huggingFace = new TemporaryFolder();
        HuggingFaceMusicGen.Write(huggingFace, change: root => root["audio_encoder"]!["sampling_rate"] = 32000);
        LiveTensors.NoneLeftOfModules(() =>
        {
            foreach (var folder in new[] { music, huggingFace })
            {
                Assert.Contains("MusicGen.GetPretrained", Assert.Throws<CheckpointException>(() => AudioGen.GetPretrained(folder.Path, CPU)).Message, StringComparison.Ordinal);
            }

            var error = Assert.Throws<CheckpointException>(() => MusicGen.GetPretrained(Golden.Directory("audiogen_tiny_checkpoint"), CPU));
            Assert.Contains("AudioGen.GetPretrained", error.Message, StringComparison.Ordinal);
            using var loaded = BaseGenModel.GetPretrained(music.Path, CPU);
            Assert.IsType<MusicGen>(loaded);
            MusicGen.GetPretrained(unknown.Path, CPU).Dispose();
            AudioGen.GetPretrained(unknown.Path, CPU).Dispose();
        });
    }

    [Fact]
    public void Stereo_models_delay_both_channels_together()
    {
        var config = Checkpoints(root => (root["decoder"]!["audio_channels"], root["decoder"]!["num_codebooks"]) = (2, 8));
        Assert.Equal([0, 0, 1, 1, 2, 2, 3, 3], config.LanguageModel().Delays);
        Assert.Equal(2, config.AudioChannels);
        Assert.Equal([0, 1, 2, 3], Checkpoints(_ => { }).LanguageModel().Delays);
    }

    [Theory]
    [InlineData("model_type", "musicgen_melody", "conditioned on a waveform")]
    [InlineData("decoder.activation_function", "tanh", "'tanh'")]
    [InlineData("decoder.num_hidden_layers", 2_000_000_000, "2000000000")]
    [InlineData("decoder.hidden_size", 64, "describes a language model of")]
    [InlineData("decoder.num_codebooks", 3, "emb.3.weight")]
    [InlineData("decoder.audio_channels", 2, "the language model 4 of 64")]
    [InlineData("decoder.audio_channels", 3, "has 3 audio channels")]
    [InlineData("decoder.scale_embedding", true, "scale_embedding")]
    [InlineData("decoder.vocab_size", "x", "'decoder.vocab_size' is 'x'")]
    [InlineData("decoder", 3, "'decoder' is '3'")]
    [InlineData("text_encoder.d_model", 25, "text_encoder")]
    [InlineData("audio_encoder.codebook_size", 65, "65")]
    public void Inconsistent_configuration_throws(string key, object value, string message)
    {
        using var folder = new TemporaryFolder();
        HuggingFaceMusicGen.Write(folder, change: root => Set(root, key, JsonValue.Create(value)!));
        LiveTensors.NoneLeftOfModules(() =>
            Assert.Contains(message, Assert.Throws<CheckpointException>(() => MusicGen.GetPretrained(folder.Path, CPU)).Message, StringComparison.Ordinal));
    }

    private static AudioCraft.Checkpoints.HuggingFaceMusicGenConfig Checkpoints(Action<JsonObject> change)
    {
        using var folder = new TemporaryFolder();
        HuggingFaceMusicGen.Write(folder, change: change);
        return new AudioCraft.Checkpoints.HuggingFaceMusicGenConfig(AudioCraft.Checkpoints.CheckpointConfig.LoadJson(folder.File("config.json")));
    }

    private static void Set(JsonObject root, string key, JsonNode value)
    {
        var path = key.Split('.');
        JsonNode node = root;
        foreach (var part in path[..^1])
        {
            node = node[part]!;
        }

        node[path[^1]] = value;
    }
}
