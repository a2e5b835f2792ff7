using AudioCraft.Checkpoints;
using AudioCraft.Hub;

namespace AudioCraft.Tests.Checkpoints;

/// <summary>The files of layouts, from which downloads and error messages are derived.</summary>
public class CheckpointLayoutTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Downloads_choose_the_files_of_each_layout(int kind)
    {
        foreach (var set in CheckpointLoader.LayoutsOf((ModelKind)kind).SelectMany(layout => layout.FileSets))
        {
            foreach (var alternative in set.OneOf.DefaultIfEmpty(null!))
            {
                string[] files = alternative is null ? set.Required : [.. set.Required, alternative];
                Assert.Equal(files, ModelFiles.Choose((ModelKind)kind, files.Contains)!.Needed);
                Assert.All(files, missing => Assert.DoesNotContain(missing, ModelFiles.Choose((ModelKind)kind, name => name != missing && files.Contains(name))?.Needed ?? []));
                Assert.All(files, name => Assert.Contains(name, ModelFiles.Described((ModelKind)kind), StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Layouts_are_preferred_in_the_order_of_the_list()
    {
        Assert.Equal(["config.json", "state_dict.safetensors"], ModelFiles.Choose(ModelKind.Generative, _ => true)!.Needed);
        Assert.Equal(
            ["state_dict.bin", "compression_state_dict.bin"],
            ModelFiles.Choose(ModelKind.Generative, name => !name.StartsWith("state_dict.safe", StringComparison.Ordinal))!.Needed);
        var sharded = ModelFiles.Choose(ModelKind.TextEncoder, name => name != "model.safetensors")!;
        Assert.Equal("model.safetensors.index.json", sharded.Index);
    }

    [Fact]
    public void Error_lists_every_layout_of_the_kind()
    {
        using var folder = new TemporaryFolder();
        var message = Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(folder.Path)).Message;
        Assert.All(CheckpointLoader.Codecs, layout => Assert.Contains(layout.Description, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Layout_of_single_files_cannot_be_converted()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<CheckpointException>(() => CheckpointConverter.Convert(folder.Path, folder.File("out")));
        Assert.False(Directory.Exists(folder.File("out")));
    }
}
