using System.Text;
using AudioCraft.Hub;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>How a pretrained model is found and loaded. What is not set here comes from the environment, by the rules of Hugging Face's own tools.</summary>
public sealed record PretrainedOptions
{
    internal const string DefaultRevision = "main";

    /// <summary>Where to compute; null for CUDA if there is one, else the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>
    /// The text encoder: a directory (a Hugging Face T5: <c>config.json</c>, <c>model.safetensors</c> or <c>pytorch_model.bin</c>, <c>spiece.model</c>) or the name of
    /// a repository on the Hub; null for the folder <c>t5</c> inside the checkpoint's directory, else the one that the checkpoint names, from the Hub.
    /// </summary>
    public string? TextEncoder { get; init; }

    /// <summary>
    /// What a language model is kept in: its matrices on a CPU, all of it on a GPU. Less than <see cref="ModelPrecision.Float32"/> is faster and smaller, no longer upstream's token for token,
    /// and for generation only: such a model cannot be trained, moved or saved.
    /// </summary>
    public ModelPrecision Precision { get; init; } = ModelPrecision.Float32;

    /// <summary>Where to log, or null.</summary>
    public ILogger? Logger { get; init; }

    /// <summary>
    /// Branch, tag or commit (40 hexadecimal digits) of the repository on the Hub. With a commit that is in the cache nothing is asked of the network.
    /// Text encoders and codecs that a checkpoint names are taken from <c>main</c>.
    /// </summary>
    public string Revision { get; init; } = DefaultRevision;

    /// <summary>The Hub's token; "" for none; null for <c>HF_TOKEN</c>, else the one that <c>huggingface-cli login</c> has written. It is sent to <see cref="Endpoint"/> alone.</summary>
    public string? Token { get; init; }

    /// <summary>The Hub's cache, shared with Python's huggingface_hub; null for <c>HF_HUB_CACHE</c>, else <c>HF_HOME/hub</c>, else <c>~/.cache/huggingface/hub</c>.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>The Hub's address; null for <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c>.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Whether the network is left alone, and only what is on this machine is used; null for <c>HF_HUB_OFFLINE</c>, else false.</summary>
    public bool? Offline { get; init; }

    /// <summary>
    /// What requests are sent with, for proxies and the like; null for one that all calls share. Its handler must not follow redirects
    /// (<c>AllowAutoRedirect = false</c>): they are followed here, without the token.
    /// </summary>
    public HttpClient? HttpClient { get; init; }

    internal Device ResolvedDevice => Device ?? (TorchSharp.torch.cuda.is_available() ? TorchSharp.torch.CUDA : TorchSharp.torch.CPU);

    /// <summary>Finds what a checkpoint names; null where nothing beyond the checkpoint is looked for.</summary>
    internal ModelFetcher? Fetcher { get; init; }

    internal HubTimings? Timings { get; init; }

    internal DiskSpace? Disk { get; init; }

    internal bool Links { get; init; } = true;

    /// <summary>The options with something that finds models, for one call.</summary>
    internal PretrainedOptions ForCall(IProgress<DownloadProgress>? progress = null, CancellationToken ct = default) => this with { Fetcher = new ModelFetcher(this, progress, ct) };

    /// <summary>Runs a load, which may download for a long time, on a thread of its own.</summary>
    internal static Task<T> OnOwnThread<T>(Func<T> load, CancellationToken ct) =>
        Task.Factory.StartNew(load, ct, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    // A record prints all that it has; a token must not end up in a log.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"Device = {Device}, TextEncoder = {TextEncoder}, Precision = {Precision}, Revision = {Revision}, Token = {(string.IsNullOrEmpty(Token) ? Token : "***")}, ");
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"CacheDirectory = {CacheDirectory}, Endpoint = {Endpoint}, Offline = {Offline}");
        return true;
    }
}
