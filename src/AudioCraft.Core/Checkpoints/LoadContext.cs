using AudioCraft.Hub;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>One call that loads or downloads a model: the caller's options and the state of the call.</summary>
internal sealed class LoadContext(PretrainedOptions options, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
{
    private ModelFetcher? fetcher;

    /// <summary>The caller's options.</summary>
    public PretrainedOptions Options => options;

    /// <summary>Receives the progress of downloads; may be null.</summary>
    public IProgress<DownloadProgress>? Progress => progress;

    /// <summary>Cancels downloads.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Whether the caller loads a <see cref="MusicGen"/> (true) or an <see cref="AudioGen"/> (false); null for either.</summary>
    public bool? ExpectsMusicGen { get; init; }

    /// <summary>Waits and limits of requests to the Hub.</summary>
    public HubTimings Timings { get; init; } = new();

    /// <summary>Checks the free disk space before a download.</summary>
    public DiskSpace Disk { get; init; } = new();

    /// <summary>Whether the cache uses symbolic links.</summary>
    public bool Links { get; init; } = true;

    /// <summary>Whether the cache uses file locks.</summary>
    public bool Locks { get; init; } = true;

    /// <summary>Whether only files on this machine are used.</summary>
    public bool LocalOnly { get; init; }

    /// <summary>Finds models by name; downloads of one call share its progress.</summary>
    public ModelFetcher Fetcher => fetcher ??= new ModelFetcher(this);

    /// <summary>The exception for an invalid option: it names the parameter of the public methods.</summary>
    public static ArgumentException Invalid(PretrainedOptions options, string message) => new(message, nameof(options));

    /// <summary>The device to load to: the caller's, else CUDA if available, else the CPU.</summary>
    public Device Device => options.Device ?? (cuda.is_available() ? CUDA : CPU);

    /// <summary>Runs a load, which may download for a long time, on its own thread.</summary>
    public static Task<T> RunAsync<T>(Func<T> load, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(load, cancellationToken, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}
