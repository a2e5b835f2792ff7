using AudioCraft.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

public class BundledModelsTests
{
    [Fact]
    public void Bundled_models_are_found_only_in_the_application_folder()
    {
        using var folder = new TemporaryFolder();
        folder.Write("models/tiny/config.json", []);
        folder.Write("app/models/other/config.json", []);
        Directory.CreateDirectory(folder.File("app/models/empty"));
        var application = folder.File("app");
        Assert.Equal(folder.File("app/models/other"), BundledModels.Find("other", application));
        Assert.Null(BundledModels.Find("tiny", application));
        Assert.Null(BundledModels.Find("empty", application));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../models/tiny")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    public void Path_is_not_a_bundled_name(string name)
    {
        using var folder = new TemporaryFolder();
        folder.Write("models/tiny/config.json", []);
        Assert.Null(BundledModels.Find(name, folder.File("models")));
    }

    [Fact]
    public void Unknown_name_is_an_error_that_contains_it() =>
        Assert.Contains("no-such-model", Assert.Throws<CheckpointException>(() => AudioGen.GetPretrained("no-such-model", CPU)).Message, StringComparison.Ordinal);
}
