namespace AudioCraft.Hub;

/// <summary>Something that may be gone the next time: a broken connection, a busy server. It never leaves the client.</summary>
/// <param name="lasting">What is thrown if it stays.</param>
/// <param name="after">How long the server asks to wait, or null.</param>
internal sealed class TransientException(HubException lasting, TimeSpan? after = null) : Exception(lasting.Message, lasting)
{
    public HubException Lasting => lasting;

    public TimeSpan? After => after;
}
