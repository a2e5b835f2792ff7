using AudioCraft.Hub;

namespace AudioCraft.Tests.Hub;

/// <summary>File systems without locks or links, and truncated files.</summary>
public class FileSystemTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Concurrent_downloads_without_locks_all_succeed(bool links)
    {
        using var hub = new HubFixture();
        hub.Cdn.Misbehave = request =>
        {
            Thread.Sleep(20);
            return LocalHub.Ranged(request, hub.Weights);
        };
        var found = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => HubFixture.Find(hub.Context(links: links, locks: false)))));
        Assert.All(found, place => Assert.Equal(hub.Snapshot, place));
        hub.HasAll();
        Assert.False(Directory.Exists(Path.Combine(hub.Cache, ".locks")));
    }

    [Fact]
    public void Failed_download_without_locks_leaves_no_temporary_file()
    {
        using var hub = new HubFixture();
        hub.CdnMisbehaves(int.MaxValue, (request, content) => LocalHub.Ranged(request, content) with { CutAfter = 1000 });
        hub.Fails(HubError.Network, hub.Context(locks: false));
        Assert.Empty(Directory.GetFiles(hub.Repository, "*.incomplete", SearchOption.AllDirectories));
        hub.Cdn.Misbehave = null;
        var abandoned = hub.WeightsBlob + ".0123.incomplete";
        File.WriteAllText(abandoned, "");
        File.SetLastWriteTimeUtc(abandoned, DateTime.UtcNow.AddDays(-2));
        HubFixture.Find(hub.Context(locks: false));
        hub.HasAll();
    }

    [Fact]
    public async Task Effective_lock_is_recognized()
    {
        using var hub = new HubFixture();
        var settings = HubSettings.From(hub.Context());
        using (var held = await FileLock.TakeAsync(Path.Combine(hub.Cache, "a.lock"), settings, default))
        {
            Assert.True(held.IsExclusive);
        }

        using var none = await FileLock.TakeAsync(Path.Combine(hub.Cache, "b.lock"), settings with { Locks = false }, default);
        Assert.False(none.IsExclusive);
        Assert.False(File.Exists(Path.Combine(hub.Cache, "b.lock")));
    }

    [Fact]
    public void Disabled_symbolic_links_copy_a_blob_that_another_snapshot_uses()
    {
        using var hub = new HubFixture();
        hub.Find();
        var other = Path.Combine(hub.Repository, "snapshots", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
        Directory.Move(hub.Snapshot, other);
        HubFixture.Find(hub.Context(links: false));
        hub.HasAll();
        Assert.Null(new FileInfo(Path.Combine(hub.Snapshot, "model.safetensors")).LinkTarget);
        Assert.Equal(hub.Weights, File.ReadAllBytes(Path.Combine(other, "model.safetensors")));
        Assert.Single(hub.Cdn.Requests);
    }

    [Fact]
    public void Variable_disables_symbolic_links()
    {
        using var hub = new HubFixture();
        Assert.True(HubSettings.From(hub.Context(), new HubEnvironment(_ => null)).Links);
        Assert.False(HubSettings.From(hub.Context(), new HubEnvironment(name => name == "HF_HUB_DISABLE_SYMLINKS" ? "1" : null)).Links);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Truncated_cached_file_is_downloaded_again(bool links)
    {
        using var hub = new HubFixture();
        HubFixture.Find(hub.Context(links: links));
        using (var file = File.OpenWrite(Path.Combine(hub.Snapshot, "model.safetensors")))
        {
            file.SetLength(1000);
        }

        hub.Hub.ListsHashes = true;
        HubFixture.Find(hub.Context(links: links));
        hub.HasAll();
        Assert.Equal(links, new FileInfo(Path.Combine(hub.Snapshot, "model.safetensors")).LinkTarget is not null);
    }

    [Fact]
    public void Longer_partial_file_restarts()
    {
        using var hub = new HubFixture();
        Directory.CreateDirectory(Path.GetDirectoryName(hub.WeightsBlob)!);
        File.WriteAllBytes(hub.WeightsBlob + ".incomplete", new byte[hub.Weights.Length + 1]);
        hub.Find();
        hub.HasAll();
    }
}
