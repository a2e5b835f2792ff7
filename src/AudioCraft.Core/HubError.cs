namespace AudioCraft;

/// <summary>Why a file could not be downloaded from the Hugging Face Hub or read from its cache.</summary>
public enum HubError
{
    /// <summary>The repository does not exist, or is private and the token has no access.</summary>
    RepositoryNotFound,

    /// <summary>The repository has no such branch, tag or commit.</summary>
    RevisionNotFound,

    /// <summary>The repository has no such file, or none of the files that a model needs.</summary>
    FileNotFound,

    /// <summary>The token is missing or not accepted.</summary>
    Unauthorized,

    /// <summary>The model's terms must be accepted on its page first.</summary>
    Gated,

    /// <summary>The file is not in the cache, and the network may not be used.</summary>
    Offline,

    /// <summary>The Hub cannot be reached, or the connection fails repeatedly.</summary>
    Network,

    /// <summary>The Hub limits the rate of requests, for longer than the client waits.</summary>
    RateLimited,

    /// <summary>The hash of the downloaded file differs from the repository's.</summary>
    HashMismatch,

    /// <summary>The response is not one of the Hub: a web page, a redirect loop, contradictory sizes, names outside the cache.</summary>
    InvalidResponse,

    /// <summary>There is not enough disk space.</summary>
    DiskFull,

    /// <summary>The cache directory cannot be read or written.</summary>
    Cache,
}
