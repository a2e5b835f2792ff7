namespace AudioCraft.Hub;

/// <summary>A failure that a retry may resolve: a lost connection, a busy server. Never thrown to callers.</summary>
/// <param name="lasting">The exception to throw if retries fail.</param>
/// <param name="after">The wait that the server requests, or null.</param>
/// <param name="isUnreachable">Whether the host has not responded at all: then more than one retry is useless.</param>
internal sealed class TransientException(HubException lasting, TimeSpan? after = null, bool isUnreachable = false) : Exception(lasting.Message, lasting)
{
    public HubException Lasting => lasting;

    public TimeSpan? After => after;

    public bool IsUnreachable => isUnreachable;
}
