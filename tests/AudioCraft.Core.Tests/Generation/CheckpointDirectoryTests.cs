using System.Diagnostics;
using System.Text.Json;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

/// <summary>Directories that are not, or not quite, an AudioGen checkpoint.</summary>
[Collection(ProcessWideState.Name)]
public class CheckpointDirectoryTests
{
    private static readonly string Tiny = Golden.Directory("audiogen_tiny_checkpoint");

    [Theory]
    [InlineData("state_dict.bin")]
    [InlineData("compression_state_dict.bin")]
    [InlineData("t5/pytorch_model.bin")]
    [InlineData("t5/spiece.model")]
    [InlineData("t5/config.json")]
    public void Truncated_files_throw_quickly_and_leak_no_tensors(string file)
    {
        using var folder = TinyCheckpoint.Copy();
        var whole = File.ReadAllBytes(folder.File(file));
        var lengths = Enumerable.Range(0, 12).Select(i => (int)((long)whole.Length * i / 12)).Append(whole.Length - 1);
        foreach (var length in lengths)
        {
            folder.Write(file, whole.AsSpan(0, length));
            LiveTensors.NoneLeftOfModules(() =>
            {
                var watch = ProcessorTime.StartNew();
                Assert.IsType<CheckpointException>(Record.Exception(() => AudioGen.GetPretrained(folder.Path, CPU).Dispose()));
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{file} cut at {length}: {watch.Elapsed}");
            });
        }
    }

    [Theory]
    [InlineData("state_dict.bin", "state_dict.bin")]
    [InlineData("compression_state_dict.bin", "compression_state_dict.bin")]
    [InlineData("t5/spiece.model", "spiece.model")]
    [InlineData("t5/config.json", "config.json")]
    public void Missing_file_is_named(string file, string named)
    {
        using var folder = TinyCheckpoint.Copy();
        File.Delete(folder.File(file));
        Assert.Contains(named, Refusal(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_names_throw_with_the_reason()
    {
        var offline = Assert.Throws<HubException>(() => AudioGen.GetPretrained());
        Assert.Equal(HubError.Offline, offline.Error);
        Assert.Contains("facebook/audiogen-medium", offline.Message, StringComparison.Ordinal);
        Assert.Contains("HF_HUB_OFFLINE", offline.Message, StringComparison.Ordinal);
        Assert.Contains("'no/such/directory'", Assert.Throws<CheckpointException>(() => MusicGen.GetPretrained("no/such/directory")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_text_encoder_is_named_and_can_be_supplied()
    {
        using var folder = TinyCheckpoint.Copy();
        Directory.Move(folder.File("t5"), folder.File("elsewhere"));
        LiveTensors.NoneLeftOfModules(() => Assert.Contains(
            "'t5-small'", Assert.Throws<HubException>(() => AudioGen.GetPretrained(folder.Path, CPU)).Message, StringComparison.Ordinal));
        using var model = AudioGen.GetPretrained(folder.Path, new PretrainedOptions { Device = CPU, TextEncoder = folder.File("elsewhere") });
        Assert.Equal(16000, model.SampleRate);
    }

    [Theory]
    [InlineData("conditioners:", "conditioners:\n  self_wav:\n    model: chroma_stem\n    chroma_stem: {}", "has the condition 'self_wav'")]
    [InlineData("  cross:\n  - description", "  cross: []\n  prepended: []", "cross")]
    [InlineData("  n_q: 4", "  n_q: 3", "delays is [0, 1, 2, 3]; 3 numbers")]
    [InlineData("    - 3\n    flatten_first: 0", "    - 1\n    flatten_first: 0", "delays is [0, 1, 2, 1]")]
    [InlineData("    - 3\n    flatten_first: 0", "    - 99999999999\n    flatten_first: 0", "delays is [0, 1, 2, 2147483647]")]
    [InlineData("    empty_initial: 0", "    empty_initial: 2000000000", "empty_initial is 2000000000")]
    [InlineData("  dim: 32", "  dim: 64", "describes a language model of")]
    [InlineData("  num_layers: 2", "  num_layers: 2000000000", "transformer_lm.num_layers is 2000000000")]
    [InlineData("  num_heads: 4", "  num_heads: 5", "num_heads 5")]
    [InlineData("lm_model: transformer_lm", "lm_model: transformer_lm_magnet", "transformer_lm_magnet")]
    [InlineData("  segment_duration: 3", "  segment_duration: ???", "dataset.segment_duration")]
    [InlineData("  segment_duration: 3", "  segment_duration: -1", "dataset.segment_duration is -1")]
    [InlineData("    finetune: false", "    finetune: true", "finetune")]
    [InlineData("    normalize_text: false", "    normalize_text: true", "normalize_text")]
    public void Unsupported_configuration_throws(string old, string changed, string message)
    {
        using var folder = TinyCheckpoint.Converted(yaml => yaml.Replace(old, changed, StringComparison.Ordinal));
        Assert.Contains(message, Refusal(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Checkpoint_converted_to_safetensors_generates_the_same_tokens()
    {
        using var scope = NewDisposeScope();
        using var folder = TinyCheckpoint.Converted(yaml => yaml);
        using var original = AudioGenTests.Load();
        using var converted = AudioGen.GetPretrained(folder.Path, CPU);
        original.GenerationParams = converted.GenerationParams = new GenerationParams { Duration = 0.5, Seed = 3 };
        Exactly.Equal(original.GenerateWithTokens(["rain"]).Tokens, converted.GenerateWithTokens(["rain"]).Tokens);
    }

    private static string Refusal(string directory)
    {
        var message = "";
        LiveTensors.NoneLeftOfModules(() => message = Assert.Throws<CheckpointException>(() => AudioGen.GetPretrained(directory, CPU)).Message);
        return message;
    }
}
