using AudioCraft.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

/// <summary>Text from files that is quoted in messages, or that is not valid Unicode.</summary>
public class UntrustedTextTests
{
    private const string Escape = "\u001b]0;owned\u0007\u001b[31m\u202e\r\n";

    [Fact]
    public void Control_characters_in_the_name_of_a_class_are_escaped() =>
        Assert.Contains("\\u001B]0;owned\\u0007\\u001B[31mos.system", Message(() => TorchFile.Open(TestData.Hostile("terminal-escape.pt"))), StringComparison.Ordinal);

    [Fact]
    public void Control_characters_in_names_of_tensors_files_and_entries_are_escaped()
    {
        using var folder = new TemporaryFolder();
        var json = System.Text.Json.JsonSerializer.Serialize(Escape);
        var safetensors = folder.Write("x.safetensors", Safetensors.Build($"{{{json}:{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}}}", new byte[8]));
        Message(() => SafetensorsFile.Open(safetensors));
        var index = folder.Write("model.safetensors.index.json", System.Text.Encoding.UTF8.GetBytes($"{{\"weight_map\":{{\"a\":{json}}}}}"));
        Message(() => ShardedSafetensors.Open(index));
        var torch = folder.Write("x.pt", TorchZipBuilder.Build(new PickleWriter().Dictionary((Escape, PickleWriter.Tensor("FloatStorage", Escape, 9, 0, [1], [1]))), (Escape, new byte[4])));
        Message(() => TorchFile.Open(torch));
        var state = folder.Write("y.pt", TorchZipBuilder.Build(new PickleWriter().Dictionary((Escape, 1))));
        using var file = TorchFile.Open(state);
        Message(() => file.StateDict("best_state"));
        var config = CheckpointConfig.ParseJson($"{{{json}:{json}}}", "config.json");
        Message(() => config.GetInt32(Escape));
    }

    [Fact]
    public void Exceptions_escape_control_characters_and_shorten_long_messages()
    {
        Assert.Equal("\\u001B[31m", new AudioCraftException("\u001b[31m").Message);
        Assert.Equal("\\u001B[31m", new CheckpointException("\u001b[31m", new IOException()).Message);
        Assert.Equal("\\u001B[31m", new HubException(HubError.Network, "\u001b[31m").Message);
        Assert.InRange(new CheckpointException(new string('x', 1 << 20)).Message.Length, 1000, 20_000);
    }

    [Theory]
    [InlineData("musicgen-config-invalid-utf8.json")]
    [InlineData("config-lone-surrogate.json")]
    public void Invalid_text_in_a_configuration_throws(string name)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", File.ReadAllBytes(TestData.Hostile(name)));
        folder.Write("model.safetensors", Safetensors.Build("{}"));
        folder.Write("spiece.model", []);
        Message(() => AudioGen.GetPretrained(folder.Path, CPU));
        Message(() => MusicGen.GetPretrained(folder.Path, CPU));
        Message(() => CompressionModel.GetPretrained(folder.Path, CPU));
        Message(() => CheckpointConverter.Convert(folder.Path, folder.File("out")));
        Message(() => CheckpointInspector.Inspect(folder.Path));
    }

    private static string Message(Action action)
    {
        var message = Assert.Throws<CheckpointException>(action).Message;
        Assert.DoesNotContain(message, char.IsControl);
        Assert.DoesNotContain('\u202e', message);
        return message;
    }
}
