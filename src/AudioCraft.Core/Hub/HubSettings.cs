using AudioCraft.Checkpoints;
using AudioCraft.Formats;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AudioCraft.Hub;

/// <summary>Settings of the Hub's client: from the options, else from the environment.</summary>
internal sealed record HubSettings
{
    // One for the process, to share connections. Redirects are followed manually, because the token must not be sent to other hosts.
    private static readonly HttpClient SharedClient = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public required Uri Endpoint { get; init; }

    public required string? Token { get; init; }

    public required string CacheDirectory { get; init; }

    /// <summary>Why only the cache is used, as a part of a sentence; null if the network may be used.</summary>
    public required string? OfflineReason { get; init; }

    public bool Offline => OfflineReason is not null;

    public HttpClient Client { get; init; } = SharedClient;

    public ILogger Logger { get; init; } = NullLogger.Instance;

    public HubTimings Timings { get; init; } = new();

    public DiskSpace Disk { get; init; } = new();

    /// <summary>Whether to use symbolic links.</summary>
    public bool Links { get; init; } = true;

    /// <summary>Whether to use locks. They are also not used on a file system that does not support them.</summary>
    public bool Locks { get; init; } = true;

    /// <summary>Called before a wait with the problem and the duration; may be null.</summary>
    public Action<string, TimeSpan>? Retrying { get; init; }

    /// <summary>Directory for files derived from downloads, such as a text encoder without its decoder: <c>audiocraft</c> beside the Hub's cache.</summary>
    public string OwnDirectory => Path.Combine(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(CacheDirectory)) ?? CacheDirectory, "audiocraft");

    /// <exception cref="ArgumentException">An option is invalid.</exception>
    /// <exception cref="HubException">The environment's endpoint or token is invalid.</exception>
    public static HubSettings From(LoadContext context, HubEnvironment? environment = null)
    {
        var options = context.Options;
        environment ??= HubEnvironment.Current;
        var endpoint = options.Endpoint ?? ParseEndpoint(environment.Endpoint);
        if (!IsEndpoint(endpoint))
        {
            throw LoadContext.Invalid(options, $"The endpoint is '{endpoint}'; an address such as https://huggingface.co is expected.");
        }

        var token = options.Token ?? environment.Token;
        if (token is not null && !token.All(c => c is > ' ' and < (char)0x7f))
        {
            throw new HubException(HubError.Unauthorized, "The Hub's token contains invalid characters. Check PretrainedOptions.Token, HF_TOKEN, or log in again.");
        }

        var settings = new HubSettings
        {
            Endpoint = endpoint,
            Token = string.IsNullOrEmpty(token) ? null : token,
            CacheDirectory = options.CacheDirectory is { } directory ? environment.Full(directory) : environment.CacheDirectory,
            OfflineReason = OfflineReasonOf(context, environment),
            Client = options.HttpClient ?? SharedClient,
            Logger = options.Logger ?? NullLogger.Instance,
            Timings = context.Timings,
            Disk = context.Disk,
            Links = context.Links && !environment.DisableSymlinks,
            Locks = context.Locks,
        };
        if (settings is { Token: not null, Offline: false, Endpoint.Scheme: "http" })
        {
            HubLog.TokenInPlainText(settings.Logger, endpoint.Host);
        }

        return settings;
    }

    /// <summary>An address below the endpoint.</summary>
    public Uri Address(string path) => new(Endpoint.AbsoluteUri.TrimEnd('/') + "/" + path);

    private static string? OfflineReasonOf(LoadContext context, HubEnvironment environment) => context switch
    {
        { LocalOnly: true } => "this call does not download",
        { Options.Offline: true } => "PretrainedOptions.Offline is set (--offline in the tool)",
        { Options.Offline: false } => null,
        _ => environment.OfflineVariable is { } variable ? $"the environment variable {variable} turns the network off" : null,
    };

    private static Uri ParseEndpoint(string text) => Uri.TryCreate(text, UriKind.Absolute, out var endpoint) && IsEndpoint(endpoint)
        ? endpoint
        : throw new HubException(HubError.Network, $"HF_ENDPOINT is '{PrintableText.Of(text)}'; an address such as https://huggingface.co is expected.");

    private static bool IsEndpoint(Uri endpoint) =>
        endpoint.IsAbsoluteUri && endpoint.Scheme is "https" or "http" && endpoint.UserInfo.Length == 0 && endpoint.Query.Length == 0 && endpoint.Fragment.Length == 0;
}
