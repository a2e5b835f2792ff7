using AudioCraft.Tests;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Cli.Tests;

public sealed class InspectTests
{
    [Fact]
    public void Inspect_lists_tensors_configuration_and_license()
    {
        var text = Tool.Run("inspect", "audiogen-tiny").Succeeded().Out;
        Assert.Contains("license      mit", text, StringComparison.Ordinal);
        Assert.Contains("state_dict.safetensors", text, StringComparison.Ordinal);
        var json = Tool.Run("inspect", "audiogen-tiny", "--json").Succeeded().Json;
        Assert.Equal("mit", json.GetProperty("license").GetString());
        Assert.Contains("solver: audiogen", json.GetProperty("configurations").GetProperty("config.json").GetString(), StringComparison.Ordinal);
        Assert.Contains(json.GetProperty("tensors").EnumerateArray(), t => t.GetProperty("file").GetString() == "t5/model.safetensors");
        Assert.Contains("solver: audiogen", Tool.Run("inspect", "audiogen-tiny", "--all").Succeeded().Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_torch_save_are_read_as_data()
    {
        var json = Tool.Run("inspect", Golden.Directory("audiogen_tiny_checkpoint"), "--json").Succeeded().Json;
        Assert.Contains(json.GetProperty("tensors").EnumerateArray(), t => t.GetProperty("name").GetString() == "best_state.emb.0.weight");
    }

    [Fact]
    public void Inspect_reports_damaged_and_missing_files_in_one_line()
    {
        using var folder = new TemporaryFolder();
        var bad = folder.Write("bad.safetensors", [255, 255, 255, 255, 255, 255, 255, 127, 1, 2, 3]);
        Assert.Contains("bad.safetensors", Tool.Run("inspect", bad).FailedWith(ExitCode.Failure), StringComparison.Ordinal);
        Tool.Run("inspect", folder.Write("bad.bin", "cposix\nsystem\n(S'true'\ntR."u8)).FailedWith(ExitCode.Failure);
        Assert.Contains("There is no file, directory or bundled model 'org/none', and the Hub's cache has no complete model of this name; `audiocraft download org/none` downloads it.", Tool.Run("inspect", "org/none", "--cache", folder.Path).FailedWith(ExitCode.Failure), StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_name_is_not_blamed_on_the_network()
    {
        using var folder = new TemporaryFolder();
        var error = Tool.Run("inspect", "nosuch", "--cache", folder.Path).FailedWith(ExitCode.Failure);
        Assert.Contains("There is no model 'nosuch'. Bundled models: audiogen-tiny", error, StringComparison.Ordinal);
        Assert.Contains("audiogen-tiny", error, StringComparison.Ordinal);
        Assert.DoesNotContain("offline", error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Models_lists_the_kinds_of_audio()
    {
        var text = Tool.Run("models").Succeeded().Out;
        Assert.StartsWith("audiogen-tiny  ", text, StringComparison.Ordinal);
        Assert.Contains("doorbell, siren, rain", text, StringComparison.Ordinal);
        var model = Assert.Single(Tool.Run("models", "--json").Succeeded().Json.GetProperty("models").EnumerateArray());
        Assert.Equal(30, model.GetProperty("kinds").GetArrayLength());
    }
}
