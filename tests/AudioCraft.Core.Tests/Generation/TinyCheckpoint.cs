using System.Text.Json;
using System.Text.RegularExpressions;
using AudioCraft.Checkpoints;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

/// <summary>The tiny AudioGen checkpoint, copied, converted, or extended to stereo.</summary>
internal static partial class TinyCheckpoint
{
    private static readonly string Tiny = Golden.Directory("audiogen_tiny_checkpoint");

    /// <summary>A copy of its files.</summary>
    public static TemporaryFolder Copy()
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("t5"));
        foreach (var file in new[] { "state_dict.bin", "compression_state_dict.bin", "t5/config.json", "t5/pytorch_model.bin", "t5/spiece.model", "t5/tokenizer_config.json" })
        {
            folder.Write(file, File.ReadAllBytes(Path.Combine(Tiny, file)));
        }

        return folder;
    }

    /// <summary>The checkpoint with its language model in the converted form, with a text configuration that tests can change.</summary>
    public static TemporaryFolder Converted(Func<string, string> change)
    {
        using var lm = AudioCraftCheckpoint.OpenLanguageModel(Tiny);
        return Converted(change, folder => SafetensorsWriter.Write(folder.File("state_dict.safetensors"), lm.Weights));
    }

    /// <summary>A stereo model: eight codebooks, two interleaved channels of the same codec, and the first channel's weights in reverse for the second.</summary>
    public static TemporaryFolder Stereo()
    {
        using var scope = NewDisposeScope();
        using var lm = AudioCraftCheckpoint.OpenLanguageModel(Tiny);
        var weights = lm.Weights.Tensors.Keys.ToDictionary(name => name, lm.Weights.Read);
        for (var k = 0; k < 4; k++)
        {
            foreach (var part in new[] { "emb", "linears" })
            {
                weights.Add($"{part}.{k + 4}.weight", weights[$"{part}.{k}.weight"].flip(0).contiguous());
            }
        }

        return Converted(
            yaml => Delays().Replace(yaml, "    delays: [0, 0, 1, 1, 2, 2, 3, 3]\n    flatten_first")
                .Replace("  n_q: 4", "  n_q: 8", StringComparison.Ordinal)
                .Replace("interleave_stereo_codebooks:\n  use: false", "interleave_stereo_codebooks:\n  use: true", StringComparison.Ordinal),
            folder => SafetensorsWriter.Write(folder.File("state_dict.safetensors"), weights));
    }

    private static TemporaryFolder Converted(Func<string, string> change, Action<TemporaryFolder> write)
    {
        var folder = Copy();
        write(folder);
        folder.Write("config.json", JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["model_type"] = AudioCraftCheckpoint.ModelType,
            ["state_dict"] = new Dictionary<string, string> { ["xp.cfg"] = change(File.ReadAllText(Path.Combine(Tiny, "xp.cfg.lm.yaml"))) },
        }));
        File.Delete(folder.File("state_dict.bin"));
        return folder;
    }

    [GeneratedRegex("    delays:\\n    - 0\\n    - 1\\n    - 2\\n    - 3\\n    flatten_first")]
    private static partial Regex Delays();
}
