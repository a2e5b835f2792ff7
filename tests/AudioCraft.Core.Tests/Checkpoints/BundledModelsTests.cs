using AudioCraft.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

public class BundledModelsTests
{
    [Fact]
    public void A_model_is_found_beside_the_application_and_in_the_folders_above_the_nearest_first()
    {
        using var folder = new TemporaryFolder();
        folder.Write("models/tiny/config.json", []);
        folder.Write("app/models/other/config.json", []);
        Directory.CreateDirectory(folder.File("app/bin/models/tiny"));
        var start = folder.File("app/bin");
        Assert.Equal(folder.File("models/tiny"), BundledModels.Find("tiny", start));
        Assert.Equal(folder.File("app/models/other"), BundledModels.Find("other", start));
        folder.Write("app/models/tiny/config.json", []);
        Assert.Equal(folder.File("app/models/tiny"), BundledModels.Find("tiny", start));
        Assert.Null(BundledModels.Find("third", start));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../models/tiny")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    public void A_path_is_never_looked_for(string name)
    {
        using var folder = new TemporaryFolder();
        folder.Write("models/tiny/config.json", []);
        Assert.Null(BundledModels.Find(name, folder.File("models")));
    }

    [Fact]
    public void A_name_that_no_bundled_model_has_is_an_error_that_names_it() =>
        Assert.Contains("no-such-model", Assert.Throws<HubException>(() => AudioGen.GetPretrained("no-such-model", CPU)).Message, StringComparison.Ordinal);
}
