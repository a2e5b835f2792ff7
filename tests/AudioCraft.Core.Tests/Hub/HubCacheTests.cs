using AudioCraft.Checkpoints;
using System.Diagnostics;
using System.Text;
using AudioCraft.Hub;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Tests.Hub;

/// <summary>The cache on disk, which is compatible with Python's huggingface_hub.</summary>
public class HubCacheTests
{
    [Fact]
    public void Cache_has_the_layout_of_huggingface_hub()
    {
        using var hub = new HubFixture();
        hub.Find();
        Assert.Equal(LocalHub.Commit, File.ReadAllText(Path.Combine(hub.Repository, "refs", "main")));
        Assert.Equal(hub.Weights, File.ReadAllBytes(hub.WeightsBlob));
        var config = Path.Combine(hub.Repository, "blobs", LocalHub.GitSha1("{\"model_type\": \"encodec\"}"u8.ToArray()));
        Assert.True(File.Exists(config));
        Assert.Equal($"../../blobs/{LocalHub.Sha256(hub.Weights)}", new FileInfo(Path.Combine(hub.Snapshot, "model.safetensors")).LinkTarget);
        Assert.True(File.Exists(Path.Combine(hub.Cache, ".locks", "models--org--codec", LocalHub.Sha256(hub.Weights) + ".lock")));
    }

    [Fact]
    public void Files_cached_by_Python_are_found_offline()
    {
        using var hub = new HubFixture();
        Directory.CreateDirectory(hub.Snapshot);
        Directory.CreateDirectory(Path.Combine(hub.Repository, "blobs"));
        Directory.CreateDirectory(Path.Combine(hub.Repository, "refs"));
        File.WriteAllText(Path.Combine(hub.Repository, "refs", "main"), LocalHub.Commit);
        foreach (var (name, blob) in new[] { ("config.json", "0123456789012345678901234567890123456789"), ("model.safetensors", LocalHub.Sha256(hub.Weights)) })
        {
            File.WriteAllBytes(Path.Combine(hub.Repository, "blobs", blob), name == "config.json" ? "{}"u8.ToArray() : hub.Weights);
            File.CreateSymbolicLink(Path.Combine(hub.Snapshot, name), $"../../blobs/{blob}");
        }

        Assert.Equal(hub.Snapshot, hub.Find(options: hub.Options with { Offline = true }));
        Assert.Equal(hub.Snapshot, hub.Find(options: hub.Options with { Revision = LocalHub.Commit }));
        Assert.Empty(hub.Hub.Requests);
    }

    [Fact]
    public void Incomplete_cache_is_an_error_offline_that_names_the_option()
    {
        using var hub = new HubFixture();
        Assert.Contains("PretrainedOptions.Offline", hub.Fails(HubError.Offline, options: hub.Options with { Offline = true }).Message, StringComparison.Ordinal);
        hub.Find();
        File.Delete(hub.WeightsBlob);
        hub.Fails(HubError.Offline, options: hub.Options with { Offline = true });
        // With a network, the broken link is repaired.
        hub.Find();
        hub.HasAll();
    }

    [Fact]
    public void Loop_of_links_is_repaired_by_a_download()
    {
        using var hub = new HubFixture();
        hub.Find();
        File.Delete(hub.WeightsBlob);
        File.CreateSymbolicLink(hub.WeightsBlob, hub.WeightsBlob);
        Assert.Equal(HubError.Offline, Assert.Throws<HubException>(() => hub.Find(options: hub.Options with { Offline = true })).Error);
        hub.Find();
        hub.HasAll();
    }

    [Theory]
    [InlineData("snapshots")]
    [InlineData("refs")]
    public void Unreadable_directory_of_the_cache_is_a_HubException(string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var hub = new HubFixture();
        hub.Find();
        File.Delete(Path.Combine(hub.Repository, "refs", "main"));
        var cache = new HubCache(hub.Cache, RepoId.TryParse("org/codec")!);
        Assert.Equal([LocalHub.Commit], cache.UnreferencedSnapshots());
        var directory = Path.Combine(hub.Repository, name);
        File.SetUnixFileMode(directory, UnixFileMode.None);
        try
        {
            if (Environment.IsPrivilegedProcess)
            {
                // Root reads it nevertheless.
                Assert.Equal([LocalHub.Commit], cache.UnreferencedSnapshots());
            }
            else
            {
                Assert.Equal(HubError.Cache, Assert.Throws<HubException>(cache.UnreferencedSnapshots).Error);
            }
        }
        finally
        {
            File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void Cache_is_used_if_the_Hub_cannot_be_reached()
    {
        using var hub = new HubFixture();
        hub.Find();
        hub.Hub.Dispose();
        Assert.Equal(hub.Snapshot, hub.Find());
        hub.Fails(HubError.Network, "org/another");
    }

    [Fact]
    public void Branches_and_tags_are_resolved_and_stored_by_name()
    {
        using var hub = new HubFixture();
        hub.Find(options: hub.Options with { Revision = "refs/pr/1" });
        Assert.Equal(LocalHub.Commit, File.ReadAllText(Path.Combine(hub.Repository, "refs", "refs", "pr", "1")));
        Assert.Equal(1, hub.Hub.CountOf("GET", "/revision/refs/pr/1"));
        hub.Fails(HubError.Offline, options: hub.Options with { Offline = true });
    }

    [Fact]
    public void Without_symbolic_links_the_snapshot_contains_files()
    {
        using var hub = new HubFixture();
        HubFixture.Find(hub.Context(links: false));
        hub.HasAll();
        Assert.Null(new FileInfo(Path.Combine(hub.Snapshot, "model.safetensors")).LinkTarget);
        Assert.Empty(Directory.GetFiles(Path.Combine(hub.Repository, "blobs")));
        Assert.Equal(hub.Snapshot, hub.Find(options: hub.Options with { Offline = true }));
    }

    [Fact]
    public void Ref_that_is_not_a_commit_is_ignored()
    {
        using var hub = new HubFixture();
        Directory.CreateDirectory(Path.Combine(hub.Repository, "refs"));
        File.WriteAllText(Path.Combine(hub.Repository, "refs", "main"), "../../../../etc");
        hub.Fails(HubError.Offline, options: hub.Options with { Offline = true });
        hub.Find();
        hub.HasAll();
    }

    [Fact]
    public async Task Lock_of_another_process_is_waited_for()
    {
        using var hub = new HubFixture();
        var path = Path.Combine(hub.Cache, ".locks", "models--org--codec", LocalHub.Sha256(hub.Weights) + ".lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, []);
        // Python's filelock uses flock, as does the command of that name.
        using var other = Process.Start(new ProcessStartInfo("flock", [path, "-c", "echo held; read line"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("held", await other.StandardOutput.ReadLineAsync());
        var finding = Task.Run(() => hub.Find());
        Assert.NotSame(finding, await Task.WhenAny(finding, Task.Delay(300)));
        Assert.Empty(hub.Cdn.Requests);
        await other.StandardInput.WriteLineAsync("go on");
        await finding;
        hub.HasAll();
    }

    [Theory]
    [InlineData("HF_HOME=/a", "/a/hub")]
    [InlineData("HF_HUB_CACHE=/b|HF_HOME=/a", "/b")]
    [InlineData("HUGGINGFACE_HUB_CACHE=/c", "/c")]
    [InlineData("XDG_CACHE_HOME=/d", "/d/huggingface/hub")]
    [InlineData("XDG_CACHE_HOME=/d|HF_HOME=/a", "/a/hub")]
    [InlineData("HF_HOME=~/x", "~/x/hub")]
    [InlineData("", "~/.cache/huggingface/hub")]
    public void Cache_directory_comes_from_the_environment(string variables, string expected)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        Assert.Equal(Path.GetFullPath(expected.Replace("~", home, StringComparison.Ordinal)), Environment_(variables).CacheDirectory);
    }

    [Fact]
    public void Token_comes_from_the_option_the_environment_or_the_login_file()
    {
        using var folder = new TemporaryFolder();
        folder.Write("token", Encoding.ASCII.GetBytes("hf_file\n"));
        Assert.Equal("hf_file", Environment_($"HF_HOME={folder.Path}").Token);
        Assert.Equal("hf_env", Environment_($"HF_HOME={folder.Path}|HF_TOKEN=hf_env ").Token);
        Assert.Null(Environment_($"HF_HOME={folder.Path}|HF_HUB_DISABLE_IMPLICIT_TOKEN=1").Token);
        Assert.Null(Environment_($"HF_HOME={folder.File("none")}").Token);
        var environment = Environment_("HF_TOKEN=hf_env|HF_ENDPOINT=https://mirror.example/hf/|HF_HUB_OFFLINE=true");
        var settings = HubSettings.From(new LoadContext(new PretrainedOptions()), environment);
        Assert.Equal(("hf_env", true, "https://mirror.example/hf/api"), (settings.Token, settings.Offline, settings.Address("api").AbsoluteUri));
        var given = HubSettings.From(new LoadContext(new PretrainedOptions { Token = "", Offline = false, Endpoint = new Uri("http://localhost:1") }), environment);
        Assert.Equal(((string?)null, false, "http://localhost:1/api"), (given.Token, given.Offline, given.Address("api").AbsoluteUri));
        Assert.Throws<HubException>(() => HubSettings.From(new LoadContext(new PretrainedOptions { Token = "two\r\nlines" }), environment));
        Assert.Throws<HubException>(() => HubSettings.From(new LoadContext(new PretrainedOptions()), Environment_("HF_ENDPOINT=nonsense")));
        Assert.Equal("options", Assert.Throws<ArgumentException>(() => HubSettings.From(new LoadContext(new PretrainedOptions { Endpoint = new Uri("ftp://x") }), environment)).ParamName);
    }

    private static HubEnvironment Environment_(string variables)
    {
        var values = variables.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        return new HubEnvironment(name => values.GetValueOrDefault(name));
    }
}
