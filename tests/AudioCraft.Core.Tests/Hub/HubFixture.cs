using AudioCraft.Checkpoints;
using AudioCraft.Hub;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Tests.Hub;

/// <summary>A Hub with the repository of one codec (its weights are arbitrary bytes), another host for large files, an empty cache, and delays that return immediately.</summary>
internal sealed class HubFixture : IDisposable
{
    public const string Codec = "org/codec";

    private readonly TemporaryFolder folder = new();

    public HubFixture()
    {
        Hub.Elsewhere = Cdn;
        Hub.Add(Codec, ("config.json", "{\"model_type\": \"encodec\"}"u8.ToArray()), ("model.safetensors", Weights), ("flax_model.msgpack", new byte[5000]));
    }

    public LocalHub Cdn { get; } = new();

    public LocalHub Hub { get; } = new();

    public byte[] Weights { get; } = Bytes(300_000);

    public List<TimeSpan> Waits { get; } = [];

    public string Cache => folder.File("hub");

    public string Repository => Path.Combine(Cache, "models--org--codec");

    public string Snapshot => Path.Combine(Repository, "snapshots", LocalHub.Commit);

    public string WeightsBlob => Path.Combine(Repository, "blobs", LocalHub.Sha256(Weights));

    public PretrainedOptions Options => new()
    {
        Endpoint = Hub.Address,
        CacheDirectory = Cache,
        Offline = false,
        Token = "",
        Device = TorchSharp.torch.CPU,
    };

    /// <summary>Few attempts, and delays that are recorded and return immediately.</summary>
    public HubTimings Timings => new()
    {
        Attempts = 4,
        LockInterval = TimeSpan.FromMilliseconds(5),
        Wait = (wait, _) =>
        {
            lock (Waits)
            {
                Waits.Add(wait);
            }

            return Task.CompletedTask;
        },
    };

    public static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A call with the fixture's timings.</summary>
    public LoadContext Context(
        PretrainedOptions? options = null, HubTimings? timings = null, DiskSpace? disk = null, bool links = true, bool locks = true,
        IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new(options ?? Options, progress, cancellationToken) { Timings = timings ?? Timings, Disk = disk ?? new(), Links = links, Locks = locks };

    /// <summary>The directory of a codec.</summary>
    public string Find(string name = Codec, PretrainedOptions? options = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Find(Context(options, progress: progress, cancellationToken: cancellationToken), name);

    /// <summary>The directory of a codec.</summary>
    public static string Find(LoadContext context, string name = Codec) => context.Fetcher.Find(name, ModelKind.Compression);

    /// <summary>Returns the exception of finding the repository, and asserts that no incomplete file in the cache appears complete.</summary>
    public HubException Fails(HubError error, string name = Codec, PretrainedOptions? options = null) => Fails(error, Context(options), name);

    /// <inheritdoc cref="Fails(HubError, string, PretrainedOptions?)"/>
    public HubException Fails(HubError error, LoadContext context, string name = Codec)
    {
        var failure = Assert.Throws<HubException>(() => Find(context, name));
        Assert.True(error == failure.Error, $"{failure.Error} instead of {error}: {failure.Message}");
        Assert.False(File.Exists(WeightsBlob) && !File.ReadAllBytes(WeightsBlob).SequenceEqual(Weights));
        return failure;
    }

    public void WriteRef(string branch, string commit)
    {
        Directory.CreateDirectory(Path.Combine(Repository, "refs"));
        File.WriteAllText(Path.Combine(Repository, "refs", branch), commit);
    }

    public void HasAll()
    {
        Assert.Equal(Weights, File.ReadAllBytes(Path.Combine(Snapshot, "model.safetensors")));
        Assert.Equal("{\"model_type\": \"encodec\"}", File.ReadAllText(Path.Combine(Snapshot, "config.json")));
        Assert.Empty(Directory.GetFiles(Repository, "*.incomplete", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(Repository, "*.tmp", SearchOption.AllDirectories));
    }

    /// <summary>A handler that fails the first requests to the host of large files.</summary>
    public void CdnMisbehaves(int times, Func<HubRequest, byte[], HubResponse> how)
    {
        var left = times;
        Cdn.Misbehave = request => Interlocked.Decrement(ref left) >= 0 ? how(request, Weights) : null;
    }

    public void Dispose()
    {
        Hub.Dispose();
        Cdn.Dispose();
        folder.Dispose();
    }
}
