using AudioCraft.Checkpoints;
using AudioCraft.Hub;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Tests.Hub;

/// <summary>Paths are expanded as by Python's os.path.expanduser, then os.path.expandvars.</summary>
public class PathExpansionTests
{
    private static readonly Dictionary<string, string> Variables = new()
    {
        ["HOME"] = "/home/me",
        ["X"] = "/data",
        ["LONG_NAME1"] = "long",
        ["TILDE"] = "~",
        ["NESTED"] = "$X",
        ["USERPROFILE"] = @"C:\Users\me",
        ["USERNAME"] = "me",
        ["A-B"] = "dashed",
    };

    [Theory]
    [InlineData("/plain/path", "/plain/path")]
    [InlineData("$X", "/data")]
    [InlineData("$X/y", "/data/y")]
    [InlineData("${X}y", "/datay")]
    [InlineData("$LONG_NAME1.d", "long.d")]
    [InlineData("/a/$X/$HOME", "/a//data//home/me")]
    [InlineData("$Xy/z", "$Xy/z")]
    [InlineData("${none}/z", "${none}/z")]
    [InlineData("${X", "${X")]
    [InlineData("$", "$")]
    [InlineData("a$-b", "a$-b")]
    [InlineData("$NESTED", "$X")]
    [InlineData("%X%", "%X%")]
    [InlineData("~", "/home/me")]
    [InlineData("~/y", "/home/me/y")]
    [InlineData("~other/y", "/home/other/y")]
    [InlineData("~nobody-here/y", "~nobody-here/y")]
    [InlineData("/a/~/y", "/a/~/y")]
    [InlineData("$TILDE/y", "~/y")]
    public void Unix_paths(string path, string expected) =>
        Assert.Equal(expected, new PathExpansion(Variables.GetValueOrDefault, isWindows: false, user => user == "other" ? "/home/other" : null).Expand(path));

    [Theory]
    [InlineData(@"%X%\y", @"/data\y")]
    [InlineData("$X", "/data")]
    [InlineData("${X}", "/data")]
    [InlineData("%none%", "%none%")]
    [InlineData("100%", "100%")]
    [InlineData("%%X%%", "%X%")]
    [InlineData("$$X", "$X")]
    [InlineData("'%X%'%X%", "'%X%'/data")]
    [InlineData("$A-B", "dashed")]
    [InlineData("~", @"C:\Users\me")]
    [InlineData(@"~\y", @"C:\Users\me\y")]
    [InlineData("~/y", @"C:\Users\me/y")]
    [InlineData(@"~other\y", @"C:\Users\other\y")]
    public void Windows_paths(string path, string expected) =>
        Assert.Equal(expected, new PathExpansion(Variables.GetValueOrDefault, isWindows: true, _ => null).Expand(path));

    [Theory]
    [InlineData("HF_HOME", "$X/hf", "/data/hf/hub")]
    [InlineData("HF_HOME", "~/hf", "/home/me/hf/hub")]
    [InlineData("HF_HUB_CACHE", "${X}/cache", "/data/cache")]
    [InlineData("HUGGINGFACE_HUB_CACHE", "~/cache", "/home/me/cache")]
    [InlineData("XDG_CACHE_HOME", "$HOME/xdg", "/home/me/xdg/huggingface/hub")]
    public void Variables_of_the_cache_are_expanded(string name, string value, string expected)
    {
        var environment = new HubEnvironment(key => key == name ? value : Variables.GetValueOrDefault(key));
        Assert.Equal(Path.GetFullPath(expected), environment.CacheDirectory);
    }

    [Fact]
    public void Option_and_token_path_are_expanded()
    {
        using var folder = new TemporaryFolder();
        folder.Write("secret", "hf_x"u8.ToArray());
        var environment = new HubEnvironment(key => key switch
        {
            "HF_TOKEN_PATH" => "$FOLDER/secret",
            "FOLDER" => folder.Path,
            _ => Variables.GetValueOrDefault(key),
        });
        Assert.Equal("hf_x", environment.Token);
        var settings = HubSettings.From(new LoadContext(new PretrainedOptions { CacheDirectory = "${FOLDER}/cache" }), environment);
        Assert.Equal(folder.File("cache"), settings.CacheDirectory);
        Assert.Equal("/home/me/cache", HubSettings.From(new LoadContext(new PretrainedOptions { CacheDirectory = "~/cache" }), environment).CacheDirectory);
    }

    [Fact]
    public void Home_of_another_user_comes_from_the_system()
    {
        if (OperatingSystem.IsLinux())
        {
            var root = File.ReadLines("/etc/passwd").First(line => line.StartsWith("root:", StringComparison.Ordinal)).Split(':')[5];
            Assert.Equal($"{root}/x", new PathExpansion(_ => null).Expand("~root/x"));
        }
    }
}
