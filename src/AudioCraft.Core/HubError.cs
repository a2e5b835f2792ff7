namespace AudioCraft;

/// <summary>What kept the Hugging Face Hub, or the cache of what came from it, from giving a file.</summary>
public enum HubError
{
    /// <summary>The repository does not exist, or is private and the token does not open it.</summary>
    RepositoryNotFound,

    /// <summary>The repository has no such branch, tag or commit.</summary>
    RevisionNotFound,

    /// <summary>The repository has no such file, or none of the files that a model needs.</summary>
    FileNotFound,

    /// <summary>There is no token, or it is not accepted.</summary>
    Unauthorized,

    /// <summary>The model's terms have to be accepted on its page first.</summary>
    Gated,

    /// <summary>Not in the cache, and the network is switched off.</summary>
    Offline,

    /// <summary>The Hub cannot be reached, or breaks off again and again.</summary>
    Network,

    /// <summary>The Hub asks for fewer requests, for longer than is waited.</summary>
    RateLimited,

    /// <summary>What arrived is not what the repository holds: its hash differs.</summary>
    HashMismatch,

    /// <summary>The answer is not one that the Hub gives: lengths that contradict each other, redirects in circles, names that lead out of the cache.</summary>
    InvalidAnswer,

    /// <summary>There is not enough room on the disk.</summary>
    DiskFull,

    /// <summary>The cache's directory cannot be read or written.</summary>
    Cache,
}
