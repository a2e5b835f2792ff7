namespace AudioCraft.Hub;

/// <summary>
/// Environment variables for the Hub, by the rules of Python's huggingface_hub: <c>HF_HOME</c>, <c>HF_HUB_CACHE</c>, <c>XDG_CACHE_HOME</c>, <c>HF_ENDPOINT</c>,
/// <c>HF_TOKEN</c>, <c>HF_TOKEN_PATH</c>, <c>HF_HUB_OFFLINE</c>, <c>HF_HUB_DISABLE_SYMLINKS</c> and their older names. <c>~</c> and variables in paths are expanded.
/// </summary>
/// <param name="variable">Returns an environment variable, or null.</param>
internal sealed class HubEnvironment(Func<string, string?> variable)
{
    private const int MaximumTokenBytes = 4096;

    private readonly PathExpansion expansion = new(variable);

    /// <summary>The environment of this process, as it is now.</summary>
    public static HubEnvironment Current { get; } = new(Environment.GetEnvironmentVariable);

    /// <summary>The directory of Hugging Face's tools.</summary>
    public string Home => First("HF_HOME") is { } home
        ? Full(home)
        : Path.Combine(Full(First("XDG_CACHE_HOME") ?? Path.Combine("~", ".cache")), "huggingface");

    /// <summary>The Hub's cache.</summary>
    public string CacheDirectory => First("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") is { } cache ? Full(cache) : Path.Combine(Home, "hub");

    /// <summary>The Hub's address.</summary>
    public string Endpoint => First("HF_ENDPOINT") ?? "https://huggingface.co";

    /// <summary>The variable that turns offline mode on; null if it is off.</summary>
    public string? OfflineVariable => Array.Find(["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"], IsTrue);

    /// <summary>Whether snapshots contain copies instead of symbolic links.</summary>
    public bool DisableSymlinks => IsTrue("HF_HUB_DISABLE_SYMLINKS");

    /// <summary>The token of the environment, else of the file that <c>huggingface-cli login</c> writes; null if there is none or implicit tokens are disabled.</summary>
    public string? Token => IsTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? null : First("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")?.Trim() ?? TokenFromFile();

    /// <summary>The absolute path, with <c>~</c> and variables expanded.</summary>
    public string Full(string path) => Path.GetFullPath(expansion.Expand(path));

    private string? TokenFromFile()
    {
        var path = First("HF_TOKEN_PATH") is { } given ? Full(given) : Path.Combine(Home, "token");
        try
        {
            var file = new FileInfo(path);
            return file.Exists && file.Length <= MaximumTokenBytes && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException(HubError.Cache, $"The token in '{path}' cannot be read: {e.Message} Make the file readable, or set HF_TOKEN.", e);
        }
    }

    private string? First(params string[] names) => names.Select(variable).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value));

    private bool IsTrue(string name) => variable(name)?.Trim().ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
}
